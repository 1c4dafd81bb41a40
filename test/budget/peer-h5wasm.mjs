/**
 * The jobs of jobs.ts with h5wasm and Emscripten's lazy file: node peer-h5wasm.mjs URL JOB; prints the result as JSON.
 * The lazy file is made for web workers. Node has neither their scope nor synchronous requests; both are stood in for
 * here, by a thread that fetches while this one waits.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";

const [url, job] = process.argv.slice(2);

const signal = new Int32Array(new SharedArrayBuffer(4));
const fetching = new Worker(
  `const { workerData: { signal }, parentPort } = require("node:worker_threads");
  parentPort.on("message", async ({ url, method, headers, port }) => {
    const response = await fetch(url, { method, headers });
    const body = new Uint8Array(await response.arrayBuffer());
    port.postMessage({ status: response.status, headers: Object.fromEntries(response.headers), body });
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });`,
  { eval: true, workerData: { signal } },
);
fetching.unref();

globalThis.WorkerGlobalScope = class {};
globalThis.self = globalThis;
globalThis.XMLHttpRequest = class {
  headers = {};
  open(method, address) {
    this.method = method;
    this.address = address;
  }
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }
  send() {
    const { port1, port2 } = new MessageChannel();
    Atomics.store(signal, 0, 0);
    const { method, headers } = this;
    fetching.postMessage({ url: this.address, method, headers, port: port2 }, [port2]);
    Atomics.wait(signal, 0, 0);
    const { message } = receiveMessageOnPort(port1);
    port1.close();
    this.status = message.status;
    this.answered = message.headers;
    this.response = message.body.buffer;
  }
  getResponseHeader(name) {
    return this.answered[name.toLowerCase()] ?? null;
  }
};

const { default: h5wasm, File, ready } = await import("h5wasm");
void h5wasm;
const { FS } = await ready;
FS.createLazyFile("/", "remote.h5", url, true, false);
const file = new File("/remote.h5", "r");

const text = (value) => (typeof value === "bigint" ? Number(value) : value);

function walk(group) {
  let [objects, attributes] = [0, 0];
  for (const name of group.keys()) {
    const item = group.get(name);
    objects++;
    for (const attribute of Object.keys(item.attrs)) {
      void item.attrs[attribute].value;
      attributes++;
    }
    if (item.type !== "Group") continue;
    const [more, others] = walk(item);
    objects += more;
    attributes += others;
  }
  return [objects, attributes];
}

const session = () => [
  ...["identifier", "session_description", "session_start_time", "timestamps_reference_time"].map((name) =>
    text(file.get(name).value),
  ),
  file.attrs.nwb_version.value,
];

function sliced() {
  const data = file.get("acquisition/ElectricalSeries/data");
  const values = data.slice([
    [600_000, 630_000],
    [8, 12],
  ]);
  return [session(), [[values.length / 4, 4], data.attrs.conversion.value]];
}

const JOBS = {
  listed: () => [file.keys().length, file.attrs.title.value],
  walked: () => walk(file),
  session,
  sliced,
  chunks: () => file.get("data").value.length,
};
console.log(JSON.stringify(JOBS[job]()));
process.exit(0);
