import { createHash, createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { s3Driver } from "../../src/drivers/s3.js";
import { numbered } from "./contract.js";
import { type Asked, type RangeServer, rangeServer } from "./range-server.js";

const KEYS = { accessKeyId: "AKID", secretAccessKey: "SECRET/KEY" };
const REGION = "eu-central-1";
const content = numbered(5000);
let server: RangeServer;

beforeAll(async () => {
  server = await rangeServer({});
});
afterAll(() => server.close());
beforeEach(() => {
  server.asked.length = 0;
  server.behave = undefined;
  server.files = { "bucket/a key/ü+(1).h5": content };
});

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The signature a request must have: the rules of AWS signature version 4, written down here once more. */
function expectedSignature({ method, path, headers }: Asked, secret: string): string {
  const authorization = headers.authorization ?? "";
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? "";
  const scope = /Credential=[^/]+\/([^,]+)/.exec(authorization)?.[1] ?? "";
  const [day = "", region = "", service = "", end = ""] = scope.split("/");
  const [resource = "", query = ""] = path.split("?");
  const canonical = [
    method,
    resource,
    query,
    ...signed.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    signed,
    String(headers["x-amz-content-sha256"]),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", String(headers["x-amz-date"]), scope, sha256(canonical)].join("\n");
  const key = [region, service, end].reduce<Buffer>((before, part) => hmac(before, part), hmac(`AWS4${secret}`, day));
  return hmac(key, text).toString("hex");
}

describe("s3Driver", () => {
  it("reads an object anonymously, its name percent-encoded", async () => {
    const driver = s3Driver("s3://bucket/a key/ü+(1).h5", { endpoint: server.url });
    expect(await driver.read(100, 10)).toEqual(content.subarray(100, 110));
    expect(driver.size).toBe(5000);
    expect(server.asked[0]?.path).toBe("/bucket/a%20key/%C3%BC%2B%281%29.h5");
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  it("signs every request so that the store agrees", async () => {
    server.behave = (asked, response) => {
      const given = /Signature=([0-9a-f]+)/.exec(asked.headers.authorization ?? "")?.[1];
      if (given === expectedSignature(asked, KEYS.secretAccessKey)) return false;
      response.writeHead(403).end("SignatureDoesNotMatch");
      return true;
    };
    const location = { bucket: "bucket", key: "a key/ü+(1).h5" };
    const signed = s3Driver(location, { endpoint: server.url, region: REGION, credentials: KEYS });
    expect(await signed.read(0, 10)).toEqual(content.subarray(0, 10));
    expect(await signed.read(4990, 100)).toEqual(content.subarray(4990));
    expect(server.asked[1]?.headers).toMatchObject({ "if-range": '"first"', range: "bytes=4990-4999" });
    expect(server.asked[0]?.headers.authorization).toContain(`/${REGION}/s3/aws4_request`);
    const wrong = { ...KEYS, secretAccessKey: "other" };
    const refused = s3Driver(location, { endpoint: server.url, region: REGION, credentials: wrong });
    await expect(refused.read(0, 10)).rejects.toMatchObject({ code: "driver", status: 403 });
  });

  it("sends a session's token", async () => {
    const credentials = { ...KEYS, sessionToken: "TOKEN" };
    await s3Driver("s3://bucket/a key/ü+(1).h5", { endpoint: server.url, credentials }).read(0, 1);
    expect(server.asked[0]?.headers["x-amz-security-token"]).toBe("TOKEN");
  });

  it("puts the bucket into the host's name, or into the path", async () => {
    const urls: string[] = [];
    const fetch = async (url: string): Promise<never> => {
      urls.push(url);
      throw new TypeError("no network here");
    };
    const options = { fetch, retries: 0 };
    for (const driver of [
      s3Driver("s3://data/a/b.nwb", options),
      s3Driver("s3://data/a.h5", { ...options, region: "us-east-2", versionId: "v 1" }),
      s3Driver("s3://my.data/a.h5", options),
      s3Driver("s3://data/a.h5", { ...options, pathStyle: true }),
      s3Driver("s3://data/a.h5", { ...options, endpoint: "https://store.example:9000/s3/" }),
      s3Driver("s3://data/a.h5", { ...options, endpoint: "https://store.example", pathStyle: false }),
    ]) {
      await expect(driver.read(0, 1)).rejects.toMatchObject({ code: "driver" });
    }
    expect(urls).toEqual([
      "https://data.s3.us-east-1.amazonaws.com/a/b.nwb",
      "https://data.s3.us-east-2.amazonaws.com/a.h5?versionId=v+1",
      "https://s3.us-east-1.amazonaws.com/my.data/a.h5",
      "https://s3.us-east-1.amazonaws.com/data/a.h5",
      "https://store.example:9000/s3/data/a.h5",
      "https://data.store.example/a.h5",
    ]);
  });

  it("refuses what names no object", () => {
    for (const location of ["s3://bucket", "s3://bucket/", "https://a/b", { bucket: "", key: "a" }]) {
      expect(() => s3Driver(location)).toThrow(expect.objectContaining({ code: "usage", argument: "location" }));
    }
  });
});
