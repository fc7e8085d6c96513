/**
 * Serves the description of the API, for programs and for people. It says what the software is and nothing of this
 * gateway, so it wants no token.
 */
import type { Express, Response } from 'express'
import type { ApiPorts } from '../ports.ts'
import type { Route } from '../route.ts'
import { openApiDocument } from './document.ts'
import { REFERENCE_STYLE, referencePage } from './reference.ts'

/** No script, no frame, no form; the one style sheet is ours. */
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Mounts `/api/openapi.json`, `/api/` and its style sheet. */
export function mountPages(
  app: Express,
  routes: readonly Route[],
  about: Pick<ApiPorts, 'version' | 'licence' | 'sourceUrl'>,
): void {
  // At the first visit: making it would be a good part of each start.
  let made: { text: string; page: string } | undefined
  const pages = () => {
    if (made === undefined) {
      const document = openApiDocument(routes, about)
      made = { text: JSON.stringify(document), page: referencePage(document) }
    }
    return made
  }
  const give = (response: Response, type: string, content: string) => {
    response.set({ 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' })
    response.type(type).send(content)
  }
  app.get('/api/openapi.json', (_request, response) => give(response, 'application/json', pages().text))
  app.get('/api/reference.css', (_request, response) => give(response, 'text/css', REFERENCE_STYLE))
  app.get('/api/', (request, response, next) => {
    // `/api` without the slash is the API's, and is told to nobody without a token.
    if (request.path === '/api/') give(response, 'text/html', pages().page)
    else next()
  })
}
