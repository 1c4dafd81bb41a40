/** Node, Deno and Bun: `main.js URL PATH` prints the results as one line of JSON. */
import { smoke } from "./smoke.js";

const [url, path] = globalThis.process.argv.slice(2);
console.log(JSON.stringify(await smoke({ url, path })));
