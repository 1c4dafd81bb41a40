/** The import statements of the sources, read with the TypeScript parser. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** One import or re-export. */
export interface ImportLine {
  /** The importing file, relative to src/. */
  readonly file: string;
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** The imported file relative to src/, or undefined for packages, built-ins and `#` names. */
  readonly target: string | undefined;
  /** Only types are imported: nothing is left of it in JavaScript. */
  readonly typeOnly: boolean;
  /** `import("…")`. */
  readonly dynamic: boolean;
}

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** All source files, relative to src/. */
export function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts"))
    .sort();
}

/** The text of a source file. */
export function sourceText(file: string): string {
  return readFileSync(SRC + file, "utf8");
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) {
    if (node.isTypeOnly) return true;
    const clause = node.exportClause;
    return clause !== undefined && ts.isNamedExports(clause) && clause.elements.every((element) => element.isTypeOnly);
  }
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** Where a relative specifier leads, relative to src/. */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const base = new URL(file, "file:///src/");
  return new URL(specifier, base).pathname.replace(/^\/src\//, "").replace(/\.js$/, ".ts");
}

/** The imports of one file. */
export function importLines(file: string): ImportLine[] {
  const source = ts.createSourceFile(file, sourceText(file), ts.ScriptTarget.ES2022, false);
  const lines: ImportLine[] = [];
  const add = (node: ts.Node, specifier: string, typeOnly: boolean, dynamic: boolean): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    lines.push({ file, line, specifier, target: resolveImport(file, specifier), typeOnly, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node;
      if (moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)) {
        add(node, moduleSpecifier.text, isTypeOnly(node), false);
      }
    } else if (ts.isImportTypeNode(node)) {
      const { argument } = node;
      if (ts.isLiteralTypeNode(argument) && ts.isStringLiteral(argument.literal)) {
        add(node, argument.literal.text, true, false);
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const argument = node.arguments[0];
      if (argument !== undefined && ts.isStringLiteral(argument)) add(node, argument.text, false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

/** The imports of all files. */
export function allImports(): ImportLine[] {
  return sourceFiles().flatMap(importLines);
}

/** `format/messages/link.ts` → `format`; `errors.ts` → `errors`. */
export function layerOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : file.replace(/\.ts$/, "");
}
