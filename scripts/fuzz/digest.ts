/** A short text for any value, equal for equal ones (FNV-1a, 2 × 32 bits: made for speed, not against anybody). */
export class Digest {
  #a = 0x811c9dc5;
  #b = 0x01234567;

  text(text: string): this {
    for (let i = 0; i < text.length; i++) this.#add(text.charCodeAt(i));
    this.#add(0x10000 + text.length);
    return this;
  }

  /** Plain data, nested as deep as it is: typed arrays, maps, objects, lists, numbers, texts. */
  value(value: unknown): this {
    const stack: unknown[] = [value];
    while (stack.length > 0) {
      const top = stack.pop();
      if (ArrayBuffer.isView(top)) this.#bytes(top);
      else if (Array.isArray(top)) {
        this.#add(0x20000 + top.length);
        for (let i = top.length - 1; i >= 0; i--) stack.push(top[i]);
      } else if (top instanceof Map) stack.push([...top]);
      else if (typeof top === "object" && top !== null) {
        const keys = Object.keys(top);
        this.text(keys.join("\n"));
        for (const key of keys) stack.push((top as Readonly<Record<string, unknown>>)[key]);
      } else this.text(`${typeof top} ${Object.is(top, -0) ? "-0" : String(top)}`);
    }
    return this;
  }

  done(): string {
    return (this.#a >>> 0).toString(36) + (this.#b >>> 0).toString(36);
  }

  #bytes(view: ArrayBufferView): void {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.text(view.constructor.name);
    for (let i = 0; i < bytes.length; i++) this.#add(bytes[i] as number); // below the length
    this.#add(0x30000 + bytes.length);
  }

  #add(n: number): void {
    this.#a = Math.imul(this.#a ^ n, 0x01000193);
    this.#b = Math.imul(this.#b ^ (n + (this.#a >>> 15)), 0x85ebca6b) ^ (this.#b >>> 13);
  }
}
