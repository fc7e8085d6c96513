/** The description as a page for people: static HTML without a script, its style in a file of its own. Pure. */
import type { OpenApiDocument, Operation } from './document.ts'

type Json = Record<string, unknown>

export function referencePage({ info, paths, components, webhooks }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0] ?? ''))]
  const sections = tags.map((tag) => {
    const rows = operations.filter(({ operation }) => operation.tags[0] === tag)
    return `<section id="${plain(tag)}"><h2>${plain(tag)}</h2>${rows.map(operationHtml).join('')}</section>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The HTTP API of ${plain(String(info['title']))}</title>
<link rel="stylesheet" href="/api/reference.css">
</head>
<body>
<header><h1>The HTTP API of ${plain(String(info['title']))} ${plain(String(info['version']))}</h1>
<p>For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1). Each request carries
<code>Authorization: Bearer cw_…</code>; problems are <code>application/problem+json</code>.</p>
<nav>${[...tags, 'webhook events', 'shapes'].map((tag) => `<a href="#${anchor(tag)}">${plain(tag)}</a>`).join(' ')}</nav></header>
<main>
${sections.join('\n')}
<section id="webhook-events"><h2>webhook events</h2><ul>${Object.keys(webhooks)
    .map((type) => `<li><code>${plain(type)}</code></li>`)
    .join('')}</ul></section>
<section id="shapes"><h2>shapes</h2>${Object.entries(components.schemas)
    .map(
      ([id, schema]) =>
        `<details id="${anchor(`shape-${id}`)}"><summary>${plain(id)}</summary>${fields(schema)}</details>`,
    )
    .join('')}</section>
</main>
</body>
</html>
`
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { parameters, requestBody, responses, summary, 'x-scope': scope } = operation
  const asked = parameters.map(
    ({ name, in: where, required, description, schema }) =>
      `<tr><td><code>${plain(String(name))}</code></td><td>${plain(String(where))}${required === true ? ', required' : ''}</td><td>${typeOf(schema)}</td><td>${prose(description)}</td></tr>`,
  )
  const body = contentOf(requestBody)
  const said = Object.entries(responses).map(([status, response]) => {
    const kinds = Object.entries((response['content'] ?? {}) as Record<string, { schema?: Json }>)
    const what = kinds.map(([type, { schema }]) => `${plain(type)} ${typeOf(schema)}`).join('<br>')
    return `<tr><td>${plain(status)}</td><td>${prose(response['description'])}</td><td>${what}</td></tr>`
  })
  return `<details id="${plain(operation.operationId)}"><summary><b class="${plain(method)}">${plain(method.toUpperCase())}</b> <code>${plain(path)}</code></summary>
<p>${prose(summary)}</p>${scope === undefined ? '' : `<p>Scope <code>${plain(scope)}</code>.</p>`}
${asked.length === 0 ? '' : `<h3>Parameters</h3><table>${asked.join('')}</table>`}
${body === undefined ? '' : `<h3>Body</h3>${fields(body)}`}
<h3>Answers</h3><table>${said.join('')}</table></details>`
}

function contentOf(requestBody: Json | undefined): Json | undefined {
  const [content] = Object.values((requestBody?.['content'] ?? {}) as Record<string, { schema?: Json }>)
  return content?.schema
}

function fields(schema: Json): string {
  const { properties, required = [] } = schema as { properties?: Record<string, Json>; required?: string[] }
  if (properties === undefined) return `<p>${typeOf(schema)} ${prose(schema['description'])}</p>`
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      `<tr><td><code>${plain(name)}</code></td><td>${required.includes(name) ? 'always' : ''}</td><td>${typeOf(field)}</td><td>${prose(field['description'])}</td></tr>`,
  )
  return `<table>${rows.join('')}</table>`
}

/** A type in words, linked where it is a shape. HTML. */
function typeOf(given: unknown): string {
  const schema = (given ?? {}) as Json & { $ref?: string; enum?: unknown[]; items?: Json; anyOf?: Json[] }
  if (schema.$ref !== undefined) {
    const id = schema.$ref.split('/').at(-1) ?? ''
    return `<a href="#${anchor(`shape-${id}`)}">${plain(id)}</a>`
  }
  if (schema.enum !== undefined) return schema.enum.map((word) => `<code>${plain(String(word))}</code>`).join(', ')
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ')
  return plain(String(schema['type'] ?? ''))
}

/** Text with `code` in it, as HTML. */
function prose(given: unknown): string {
  return plain(String(given ?? '')).replaceAll(/`([^`]*)`/g, '<code>$1</code>')
}

function anchor(text: string): string {
  return plain(text.replaceAll(' ', '-'))
}

function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

export const REFERENCE_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
nav a { margin-right: .75rem; white-space: nowrap; }
details { border-top: 1px solid #8886; padding: .5rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td { border-top: 1px solid #8884; padding: .25rem .75rem .25rem 0; vertical-align: top; }
h3 { font-size: 1rem; margin: .75rem 0 .25rem; }
b { display: inline-block; min-width: 4rem; }
`
