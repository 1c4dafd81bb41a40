/** The edge worker in Node, for its memory: `edge-memory.js URL` reads all over a huge file and prints the most it held. */
import worker from "../../examples/edge-worker/worker.js";

const [url] = globalThis.process.argv.slice(2);
let most = 0;
const look = () => {
  const { heapUsed, arrayBuffers } = globalThis.process.memoryUsage();
  most = Math.max(most, heapUsed + arrayBuffers);
};
const timer = setInterval(look, 5);
const env = { ORIGINS: new URL(url).origin };
for (let i = 0; i < 40; i++) {
  const start = i * 15_000_000;
  const query = new URLSearchParams({
    url,
    path: "/acquisition/x/data",
    slice: `${start}:${start + 100_000},1`,
    format: "raw",
  });
  const response = await worker.fetch(new Request(`http://worker/?${query}`), env);
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  const { byteLength } = await response.arrayBuffer();
  if (byteLength !== 200_000) throw new Error(`${byteLength} bytes`);
  look();
}
clearInterval(timer);
console.log(most);
