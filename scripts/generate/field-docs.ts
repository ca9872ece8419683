// What the doc comments of a schema's source say of its fields, so that an editor shows the same words at a field as a
// reader of the source sees: `Batching.maxBatchSize` becomes `batching.maxBatchSize`.
import ts from 'typescript';

interface Field {
  readonly name: string;
  readonly doc: string | undefined;
  /** The object schema that its value is made from, if it is one of the source. */
  readonly of: string | undefined;
}

/** @returns texts by the path of a field in the schema `top`, such as `batching.maxBatchSize`. */
export function fieldDocs(source: string, top: string): ReadonlyMap<string, string> {
  const file = ts.createSourceFile('schema.ts', source, ts.ScriptTarget.Latest, true);
  const objects = objectsOf(file);
  const ofObjects = wordsOf(file);
  const docs = new Map<string, string>();
  const visit = (name: string, prefix: string): void => {
    for (const field of objects.get(name) ?? []) {
      const path = `${prefix}${field.name}`;
      // A field without words of its own has those of what it is made from.
      const doc = field.doc ?? (field.of === undefined ? undefined : ofObjects.get(field.of));
      if (doc !== undefined) docs.set(path, doc);
      if (field.of !== undefined) visit(field.of, `${path}.`);
    }
  };
  visit(top, '');
  return docs;
}

/** Doc comments of the constants of a file. */
function wordsOf(file: ts.SourceFile): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const statement of file.statements.filter(ts.isVariableStatement)) {
    const doc = docOf(statement);
    for (const { name } of statement.declarationList.declarations) {
      if (doc !== undefined) words.set(name.getText(file), doc);
    }
  }
  return words;
}

function objectsOf(file: ts.SourceFile): ReadonlyMap<string, readonly Field[]> {
  const objects = new Map<string, readonly Field[]>();
  for (const statement of file.statements.filter(ts.isVariableStatement)) {
    for (const { name, initializer } of statement.declarationList.declarations) {
      const literal = initializer === undefined ? undefined : objectIn(initializer);
      if (literal === undefined) continue;
      const fields = literal.properties.filter(ts.isPropertyAssignment).map((property): Field => ({
        name: property.name.getText(file).replaceAll(/['"]/g, ''),
        doc: docOf(property),
        of: rootOf(property.initializer),
      }));
      objects.set(name.getText(file), fields);
    }
  }
  return objects;
}

/** The object literal of `z.strictObject({ … })`, whatever is called on it afterwards. */
function objectIn(node: ts.Expression): ts.ObjectLiteralExpression | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const [first] = node.arguments;
  if (/^z\.(strict|loose)?[oO]bject$/.test(node.expression.getText().replaceAll(/\s/g, '')) && first !== undefined) {
    return ts.isObjectLiteralExpression(first) ? first : undefined;
  }
  return ts.isPropertyAccessExpression(node.expression) ? objectIn(node.expression.expression) : undefined;
}

function rootOf(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) return rootOf(node.expression);
  return undefined;
}

function docOf(node: ts.Node): string | undefined {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment))
    .filter((part) => part !== undefined)
    .join(' ');
  return text === '' ? undefined : text.replaceAll(/\s+/g, ' ');
}
