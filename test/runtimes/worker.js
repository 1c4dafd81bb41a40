/** A module worker of workerd: the smoke suite, and a file in an R2 bucket through the driver of the edge example. */
import { open } from "h5ts";
import { r2Driver } from "../../examples/edge-worker/r2-driver.js";
import { expected } from "./slices.js";
import { smoke } from "./smoke.js";

export default {
  async fetch(request, env) {
    const url = new URL(request.url).searchParams.get("url");
    const results = await smoke({ url });
    results.push(await bucket(env.BUCKET));
    const absent = ["process", "Buffer"].filter((name) => name in globalThis);
    if (absent.length > 0) results.push({ name: "nodejs_compat is off", error: `there is ${absent.join(", ")}` });
    return Response.json(results);
  },
};

async function bucket(binding) {
  const name = "a file in an R2 bucket is read by ranges";
  try {
    const driver = await r2Driver(binding, "slices.h5");
    const file = await open(driver);
    const { data } = await (await file.dataset("signals/voltage")).read([
      [1000, 1010],
      [2, 4],
    ]);
    if (data.join() !== expected(1000, 1010, 2, 4).join()) throw new Error(`gives ${data.join()}`);
    if (!(file.stats().bytesRead < driver.size / 4)) throw new Error(`${file.stats().bytesRead} bytes were read`);
    await file.close();
    return { name };
  } catch (error) {
    return { name, error: String(error.stack) };
  }
}
