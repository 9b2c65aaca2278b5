// The documentation, drawn from /openapi.json without any script of somebody else.

import { element } from "/assets/elements.js";

const at = (id) => document.getElementById(id);

/** `**bold**` and `` `code` `` of a description, as elements. */
function prose(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**")) return element("strong", {}, part.slice(2, -2));
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1));
    return part;
  });
}

function paragraphs(text) {
  return text.split(/\n\n+/).map((part) => element("p", {}, ...prose(part)));
}

/** The type of a schema in words, with links to the objects that it is made of. */
function type(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [element("a", { href: `#${name}` }, name)];
  }
  if (schema.anyOf) return schema.anyOf.flatMap((one, index) => (index ? [" or ", ...type(one)] : type(one)));
  if (schema.enum) return [schema.enum.join(", ")];
  if (schema.const) return [schema.const];
  if (schema.type === "array") return ["list of ", ...type(schema.items ?? {})];
  if (schema.format === "binary") return ["file"];
  return [schema.type ?? "any"];
}

function rows(entries) {
  return element("div", { class: "table" }, element("table", {}, element("tbody", {}, ...entries.map(([name, kind, text]) =>
    element("tr", {}, element("th", { scope: "row" }, element("code", {}, name)), element("td", {}, ...kind), element("td", {}, ...prose(text)))))));
}

function operation(path, method, told) {
  const form = told.requestBody?.content["multipart/form-data"]?.schema;
  const fields = Object.entries(form?.properties ?? {}).map(([name, schema]) =>
    [name, [`${schema.minItems} to ${schema.maxItems} files`], schema.description ?? ""]);
  const query = (told.parameters ?? []).map((one) =>
    [one.name, type(one.schema), one.description ?? `${one.in}; ${one.schema.default} if not given`]);
  const answers = Object.entries(told.responses).map(([status, one]) =>
    [status, type(one.content?.["application/json"]?.schema ?? {}), one.description]);
  return element("section", { class: "operation" },
    element("h2", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path)),
    ...paragraphs(told.description ?? told.summary ?? ""),
    fields.length ? element("h3", {}, "Form, multipart/form-data") : null,
    fields.length ? rows(fields) : null,
    query.length ? element("h3", {}, "Query") : null,
    query.length ? rows(query) : null,
    element("h3", {}, "Answers"), rows(answers));
}

function object(name, schema) {
  const properties = Object.entries(schema.properties ?? {}).map(([field, one]) => [field, type(one), one.description ?? ""]);
  return element("section", { class: "schema", id: name },
    element("h3", {}, name),
    ...paragraphs(schema.description ?? ""),
    properties.length ? rows(properties) : element("p", {}, element("code", {}, ...type(schema))));
}

const answer = await fetch("/openapi.json");
const api = await answer.json();
at("about").replaceChildren(...prose(api.info.description));
at("example").textContent = `curl -F photographs=@one.jpg -F photographs=@other.jpg ${location.origin}/verify`;
at("operations").replaceChildren(...Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, told]) => operation(path, method, told))));
at("schemas").replaceChildren(...Object.entries(api.components.schemas).map(([name, schema]) => object(name, schema)));
if (location.hash) document.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`)?.scrollIntoView();
