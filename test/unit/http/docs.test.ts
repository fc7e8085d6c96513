import { expect, test } from 'vitest'
import { routes } from '../../../src/http/routes.ts'
import { apiReference } from './api-reference.ts'

test('docs/api.md says what the routes are', async () => {
  await expect(apiReference()).toMatchFileSnapshot('../../../docs/api.md')
})

test('every route says what it is for', () => {
  expect(routes.filter((row) => row.summary.length < 10).map((row) => row.path)).toEqual([])
})
