import { describe, expect, test } from "vitest";
import { errorText } from "../../src/cli/error-text.js";
import { printable, shownName } from "../../src/cli/terminal.js";
import { parseSize, sizeText } from "../../src/cli/usage.js";
import { Hdf5DriverError, Hdf5FormatError, isHdf5Error } from "../../src/errors.js";
import { h5ts } from "./collecting-terminal.js";

describe("sizes", () => {
  test.each([
    ["1MiB", 1048576],
    ["64KiB", 65536],
    ["64k", 65536],
    ["2 GiB", 2147483648],
    ["1MB", 1000000],
    ["1000", 1000],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize("--member-size", text)).toBe(bytes);
  });

  test.each(["", "0", "-1", "1.5MiB", "1 XB", "9999999TiB", "MiB"])("%j is refused", (text) => {
    expect(() => parseSize("--member-size", text)).toThrowError(/--member-size/);
  });

  test("are shown with the unit that fits", () => {
    expect([0, 1023, 1024, 1536, 1048576].map(sizeText)).toEqual(["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB"]);
  });
});

describe("texts from files", () => {
  test("cannot write escape sequences or new lines to the terminal", () => {
    expect(printable("a\u001b[31m\nb\u202ec")).toBe("a\\u001b[31m\\u000ab\\u202ec");
  });

  test("are quoted when they have spaces or are empty", () => {
    expect(["plain", "two words", ""].map(shownName)).toEqual(["plain", '"two words"', '""']);
  });
});

describe("an error on one line", () => {
  test("names file, structure, address and finding", () => {
    const error = new Hdf5FormatError(
      { structure: "object header", address: 0x1a40, offset: 6, field: "version" },
      "is 7, expected 1 or 2",
      { file: "a.h5" },
    );
    expect(errorText(error)).toBe("a.h5: object header at 0x1a40+6: version is 7, expected 1 or 2");
  });

  test("names what caused it, once", () => {
    const cause = new Hdf5DriverError("a.h5", "no space left", { status: "ENOSPC" });
    expect(errorText(new Error("cannot flush", { cause }))).toBe("cannot flush: a.h5: no space left");
    expect(errorText(new Error("cannot flush: no space", { cause: new Error("no space") }))).toBe(
      "cannot flush: no space",
    );
  });
});

describe("the command line", () => {
  test("without a command shows the commands and fails", async () => {
    const { status, err } = await h5ts([]);
    expect(status).toBe(2);
    for (const command of ["ls", "split", "join", "nwb link", "nwb export"]) expect(err).toContain(`  ${command}`);
  });

  test("--help lists the commands", async () => {
    const { status, out } = await h5ts(["--help"]);
    expect(status).toBe(0);
    expect(out).toContain("nwb export");
  });

  test.each([["ls"], ["split"], ["join"], ["nwb", "link"], ["nwb", "export"]])("%s %s --help", async (...words) => {
    const { status, out } = await h5ts([...words.filter((word) => word !== undefined), "--help"]);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`^usage: h5ts ${words.join(" ").trim()} `));
  });

  test.each([["ls"], ["nwb", "link"], ["nwb", "export"]])(
    "%s %s --help says which files may be opened",
    async (...words) => {
      expect((await h5ts([...words, "--help"])).out).toContain("own directory");
    },
  );

  test("an unknown command is named", async () => {
    const { status, err } = await h5ts(["frobnicate", "x"]);
    expect(status).toBe(2);
    expect(err).toContain('"frobnicate x"');
  });

  test("an unknown option is named", async () => {
    const { status, err } = await h5ts(["ls", "--colour", "x.h5"]);
    expect(status).toBe(2);
    expect(err).toContain("--colour");
  });

  test.each([
    [["ls"], "one file"],
    [["ls", "a", "b"], "one file"],
    [["split", "a.h5", "b_%d.h5"], "--member-size"],
    [["split", "--member-size", "1MiB", "a.h5"], "a file and a pattern"],
    [["split", "--member-size", "1MiB", "a.h5", "b.h5"], "%d"],
    [["join", "a.h5", "b.h5"], "%d"],
    [["join", "a_%d.h5"], "a pattern and a file"],
    [["nwb", "link", "a.nwb"], "--out"],
    [["nwb", "link", "--out", "s.nwb"], "NWB files"],
    [["nwb", "link", "--out", "a.nwb", "./a.nwb"], "another file name"],
    [["nwb", "export", "--out", "s.nwb"], "one NWB file"],
    [["nwb", "export", "--out", "s.nwb", "--links", "all", "a.nwb"], "resolve, relative, preserve"],
  ])("h5ts %j says what was expected", async (args, expected) => {
    const { status, err } = await h5ts(args);
    expect(err).toContain(expected);
    expect(err.split("\n")).toHaveLength(1);
    expect(status).toBe(2);
  });

  test("usage errors are errors of the library", () => {
    try {
      parseSize("--member-size", "x");
    } catch (thrown) {
      expect(isHdf5Error(thrown, "usage")).toBe(true);
      return;
    }
    expect.unreachable();
  });
});
