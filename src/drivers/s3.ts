/** An object in S3 or a store that speaks its protocol, read by ranges: anonymously, or signed (AWS signature 4). */
import { Hdf5UsageError } from "../errors.js";
import type { Driver } from "./driver.js";
import { type HttpOptions, httpDriver } from "./http.js";
import type { FetchLike } from "./http-response.js";

/** Where the object lies. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/** Options of `s3Driver`: those of `httpDriver`, and where and who. */
export interface S3Options extends Omit<HttpOptions, "credentials"> {
  /** `"us-east-1"` by default. */
  readonly region?: string | undefined;
  /** Of another store than AWS: `https://minio.example.org`. */
  readonly endpoint?: string | URL | undefined;
  /** The bucket in the path rather than in the host's name; by default with an `endpoint`, and for names with a dot. */
  readonly pathStyle?: boolean | undefined;
  /** Keys to sign with, by the package `aws4fetch`, which must be installed then; absent: anonymous. */
  readonly credentials?: S3Credentials | undefined;
  /** A version of the object. */
  readonly versionId?: string | undefined;
}

/** Keys of an account. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/**
 * An object in S3.
 * @param location `s3://bucket/key`, or its parts.
 * @throws Hdf5UsageError for a location without bucket or key. Reading: as `httpDriver`; Hdf5UsageError when
 * `credentials` are given and `aws4fetch` is not installed.
 * @example
 * await using file = await open(s3Driver("s3://dandiarchive/blobs/abc", { region: "us-east-2" }));
 */
export function s3Driver(location: string | S3Location, options: S3Options = {}): Driver {
  const { region = "us-east-1", endpoint, pathStyle, credentials, versionId, ...http } = options;
  const url = objectUrl(partsOf(location), region, endpoint, pathStyle);
  if (versionId !== undefined) url.searchParams.set("versionId", versionId);
  if (credentials === undefined) return httpDriver(url, http);
  return httpDriver(url, { ...http, fetch: signing(credentials, region, http.fetch) });
}

function partsOf(location: string | S3Location): S3Location {
  if (typeof location !== "string") return checkParts(location, "is incomplete");
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(location);
  return checkParts({ bucket: match?.[1] ?? "", key: match?.[2] ?? "" }, `is ${JSON.stringify(location)}`);
}

function checkParts(parts: S3Location, finding: string): S3Location {
  if (parts.bucket !== "" && parts.key !== "") return parts;
  throw new Hdf5UsageError("location", finding, "s3://bucket/key, or a bucket and a key");
}

function objectUrl({ bucket, key }: S3Location, region: string, endpoint: unknown, pathStyle: unknown): URL {
  const base = new URL(endpoint === undefined ? `https://s3.${region}.amazonaws.com` : String(endpoint));
  const inPath = pathStyle ?? (endpoint !== undefined || bucket.includes("."));
  const path = key.split("/").map(encoded).join("/");
  const folder = base.pathname.replace(/\/$/, "");
  if (inPath) return new URL(`${base.origin}${folder}/${encoded(bucket)}/${path}`);
  return new URL(`${base.protocol}//${bucket}.${base.host}${folder}/${path}`);
}

/** Percent encoding as the signature has it: all but letters, digits and -._~ (RFC 3986). */
function encoded(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What of `aws4fetch` is used. */
interface Signer {
  sign(
    url: string,
    init: { readonly headers: Record<string, string> },
  ): Promise<{ readonly url: string; readonly headers: Iterable<readonly [string, string]> }>;
}

/** A `fetch` that signs each request, whose signature holds for minutes only. */
function signing(credentials: S3Credentials, region: string, given: FetchLike | undefined): FetchLike {
  const fetchIt = given ?? (globalThis.fetch as unknown as FetchLike); // wider in what it takes and gives
  let made: Promise<Signer> | undefined;
  return async (url, init) => {
    made ??= signer(credentials, region);
    const signed = await (await made).sign(url, { headers: init.headers });
    const headers = Object.fromEntries([...signed.headers].filter(([name]) => name !== "host"));
    return fetchIt(signed.url, { ...init, headers });
  };
}

async function signer({ sessionToken, ...keys }: S3Credentials, region: string): Promise<Signer> {
  let AwsClient: typeof import("aws4fetch").AwsClient;
  try {
    ({ AwsClient } = await import("aws4fetch"));
  } catch (cause) {
    // Whatever keeps an optional package from being loaded, it cannot be used.
    throw new Hdf5UsageError("credentials", "cannot be used: the package aws4fetch cannot be loaded", "it installed", {
      cause,
    });
  }
  const session = sessionToken === undefined ? {} : { sessionToken };
  return new AwsClient({ ...keys, ...session, service: "s3", region, retries: 0 }) as unknown as Signer; // wider in what it takes
}
