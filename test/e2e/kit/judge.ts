/** A screen as it is now, wide and narrow, light and dark: kept as pictures, and judged in each. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { Axe, NARROW, picture, WIDE } from './stage.ts'

const axe = new Axe()

/**
 * Keeps `NAME-1280-light`, `NAME-1280-dark`, `NAME-390-light` and `NAME-390-dark`; in each nothing may hang over, and axe
 * may find nothing (in the dark it looks for what colours alone change). What is wrong fails the test and does not end it,
 * so that one run tells all. `inSight`: what the pictures are about, where that is not at the top. The page is wide and
 * light again afterwards.
 */
export async function judge(page: Page, name: string, inSight?: Locator): Promise<void> {
  for (const [size, viewport] of [
    ['1280', WIDE],
    ['390', NARROW],
  ] as const) {
    await page.setViewportSize(viewport)
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await inSight?.scrollIntoViewIfNeeded()
      await picture(page, `${name}-${size}-${theme}`)
      const found = [...(await axe.findings(page, theme === 'dark')), ...(await hangingOver(page))]
      expect.soft(found, `${name}, ${size} px, ${theme}`).toEqual([])
    }
  }
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function hangingOver(page: Page): Promise<readonly string[]> {
  const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth')
  return fits === true ? [] : ['it is wider than the window']
}
