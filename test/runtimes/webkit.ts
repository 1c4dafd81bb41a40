/** WebKitGTK through its own WebDriver, under a display of its own. Optional: it is installed on few machines. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerOf } from "./browsers.js";
import { programOf, type Result, type Runtime } from "./runtime.js";

const PORT = 4599;

function miniBrowser(): string | undefined {
  try {
    const listed = execFileSync("dpkg", ["-L", "libwebkit2gtk-4.1-0"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return listed.split("\n").find((line) => line.endsWith("/MiniBrowser"));
  } catch {
    return undefined; // no dpkg, or no such package
  }
}

/** WebKitGTK. */
export const WEBKIT: Runtime = {
  name: "WebKitGTK",
  optional: true,
  missing: () =>
    programOf("WebKitWebDriver", "Xvfb") === undefined || programOf("Xvfb") === undefined || miniBrowser() === undefined
      ? "apt-get install webkit2gtk-driver xvfb"
      : undefined,
  async run({ page: url }) {
    const home = mkdtempSync(join(tmpdir(), "h5ts-webkit-"));
    const env = {
      ...process.env,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      DISPLAY: ":97",
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    };
    const display = spawn("Xvfb", [":97", "-screen", "0", "1024x768x24"], { stdio: "ignore" });
    const driver = spawn("WebKitWebDriver", [`--port=${PORT}`, "--host=127.0.0.1"], { env, stdio: "ignore" });
    let session = "";
    try {
      const browserOptions = { binary: miniBrowser(), args: ["--automation"] };
      const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": browserOptions } };
      const started = (await newSession(capabilities)) as { readonly sessionId: string };
      session = `/session/${started.sessionId}`;
      await call("POST", `${session}/url`, { url });
      const evaluate = (code: string): Promise<unknown> =>
        call("POST", `${session}/execute/sync`, { script: `return ${code}`, args: [] });
      return (await answerOf({ evaluate }, "globalThis.results ?? null")) as Result[]; // what page.js leaves
    } finally {
      if (session !== "") await call("DELETE", session, undefined).catch(() => undefined);
      driver.kill();
      display.kill();
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

/** The driver takes a moment until it listens. */
async function newSession(capabilities: unknown): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call("POST", "/session", { capabilities });
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function call(method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${PORT}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { readonly value: unknown };
  if (!response.ok) throw new Error(`WebDriver: ${JSON.stringify(value)}`);
  return value;
}
