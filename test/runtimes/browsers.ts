/** Chromium and Firefox through puppeteer-core. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { INSTALL, MODULES, programOf, type Result, type Runtime } from "./runtime.js";

/** What of puppeteer's page is used. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate(code: string): Promise<unknown>;
  screenshot(options: { readonly path: string }): Promise<unknown>;
  setViewport(size: { readonly width: number; readonly height: number }): Promise<void>;
}

interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

const PACKAGE: string = join(MODULES, "puppeteer-core");

// Nothing is fetched for the browser itself.
const QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** The browsers, and what they are called in Debian and elsewhere. */
const BROWSERS = {
  chrome: { names: ["chromium", "chromium-browser", "google-chrome"], debian: "chromium" },
  firefox: { names: ["firefox-esr", "firefox"], debian: "firefox-esr" },
} as const;

/** How a browser is installed; undefined when it is there. */
export function browserMissing(browser: keyof typeof BROWSERS): string | undefined {
  const { names, debian } = BROWSERS[browser];
  if (programOf(...names) === undefined) return `apt-get install ${debian}`;
  return existsSync(PACKAGE) ? undefined : INSTALL;
}

/** Run `use` with a page of the browser, in a profile of its own. */
export async function withPage<T>(browser: keyof typeof BROWSERS, use: (page: Page) => Promise<T>): Promise<T> {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
    readonly exports: { readonly ".": { readonly import: string } };
  };
  const { default: puppeteer } = (await import(pathToFileURL(join(PACKAGE, manifest.exports["."].import)).href)) as {
    readonly default: { launch(options: unknown): Promise<Browser> };
  };
  const profile = mkdtempSync(join(tmpdir(), "h5ts-browser-"));
  const launched = await puppeteer.launch({
    browser,
    executablePath: programOf(...BROWSERS[browser].names),
    headless: true,
    userDataDir: profile,
    args: browser === "chrome" ? ["--no-sandbox", "--disable-gpu", "--disable-quic", ...QUIET] : [],
  });
  try {
    return await use(await launched.newPage());
  } finally {
    await launched.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Ask a page again and again until the code gives something else than null. */
export async function answerOf(page: Pick<Page, "evaluate">, code: string, seconds = 90): Promise<unknown> {
  for (let waited = 0; waited < seconds * 10; waited++) {
    const answer = await page.evaluate(code);
    if (answer !== null && answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the page gave no answer in ${seconds} s`);
}

function browser(name: string, which: keyof typeof BROWSERS): Runtime {
  return {
    name,
    missing: () => browserMissing(which),
    run: ({ page: url }) =>
      withPage(which, async (page) => {
        await page.goto(url);
        return (await answerOf(page, "globalThis.results ?? null")) as Result[]; // what page.js leaves
      }),
  };
}

/** The browsers. */
export const BROWSER_RUNTIMES: readonly Runtime[] = [browser("Chromium", "chrome"), browser("Firefox", "firefox")];
