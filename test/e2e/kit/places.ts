/** Places of the inbox that are looked at as they are, without anything being done there. */
import type { Page } from 'playwright-core'
import { judge } from './judge.ts'
import { PLAIN_WORDS } from './screens.ts'
import type { Stage } from './stage.ts'

/** Name, address, and what shows that it is ready. */
export type Place = readonly [name: string, address: string, ready: string]

/** Each is kept as pictures, and judged (`judge`). */
export async function judgePlaces(page: Page, stage: Stage, places: readonly Place[]): Promise<void> {
  for (const [name, address, ready] of places) {
    await page.goto(`${stage.url}/#${address}`)
    await page.locator(ready).first().waitFor()
    await judge(page, name)
  }
}

/** What stands there in the pseudo-language and came out of no catalogue, by place. */
export async function wordsInNoCatalogue(stage: Stage, places: readonly Place[]): Promise<Record<string, unknown>> {
  const window = await stage.window({ language: 'qps' })
  const page = await stage.page(window)
  const found: Record<string, unknown> = {}
  for (const [name, address, ready] of places) {
    await page.goto(`${stage.url}/#${address}`)
    await page.locator(ready).first().waitFor()
    const words = (await page.evaluate(PLAIN_WORDS)) as string[]
    if (words.length > 0) found[name] = words
  }
  await window.close()
  return found
}
