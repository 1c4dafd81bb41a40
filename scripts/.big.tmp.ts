import { open } from "../src/index.js";
import { describeNodes } from "./nwb-manifest/nodes.js";
const f = await open("/tmp/fal/big.h5");
console.log(process.memoryUsage().rss / 2**20);
console.log(await describeNodes(f));
console.log(process.resourceUsage().maxRSS / 1024, "MiB max");
