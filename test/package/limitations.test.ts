import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { sourceFiles, sourceText } from "./imports.js";

const DOCS = readFileSync(new URL("../../docs/limitations.md", import.meta.url), "utf8").replace(/\s+/g, " ");

/** The fixed parts of a text; a template's expressions are left out. */
function fixedParts(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
  if (ts.isConditionalExpression(node)) return [...fixedParts(node.whenTrue), ...fixedParts(node.whenFalse)];
  return [];
}

/** The longest fixed part of every feature that some source file refuses, with the place. */
function refusedFeatures(): (readonly [feature: string, place: string])[] {
  return sourceFiles().flatMap((file) => {
    const text = sourceText(file);
    if (!text.includes("new Hdf5UnsupportedError(")) return [];
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    const found: (readonly [string, string])[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText(source) === "Hdf5UnsupportedError") {
        const parts = node.arguments?.[0] === undefined ? [] : fixedParts(node.arguments[0]);
        const longest = parts.map((part) => part.trim()).reduce((a, b) => (b.length > a.length ? b : a), "");
        if (longest !== "") found.push([longest, file]);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

test("every feature that is refused stands in docs/limitations.md", () => {
  const features = refusedFeatures();
  expect(features.length).toBeGreaterThan(20);
  const missing = features.filter(([feature]) => !DOCS.includes(feature));
  expect(missing.map(([feature, file]) => `${feature} (${file})`)).toEqual([]);
});
