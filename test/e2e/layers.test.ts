/** What lies over the screens, in real Chromium: every word of it from a catalogue, in Arabic, under a thumb, by keyboard. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type LayerPlaces, layers, openLayer, SMALL_TARGETS } from './kit/layers.ts'
import { PLAIN_WORDS } from './kit/screens.ts'
import { Axe, chromiumPath, NARROW, picture, Stage } from './kit/stage.ts'

let stage: Stage
let page: Page
let places: LayerPlaces

describe.skipIf(chromiumPath === undefined)('what lies over the screens of the inbox', () => {
  beforeAll(async () => {
    stage = await Stage.open({ config: { fallback: { after: 'PT1H' } } })
    const { house } = stage
    await stage.greet()
    const { number, signal } = house.world.person('ana')
    const ana = await stage.conversationWith(number)
    const ben = await stage.conversationWith(house.world.person('ben').number)
    signal?.goOffline()
    const waiting = await house.send(number, 'Is the kettle on?')
    await house.reaches(waiting, 'sent')
    places = { ana, ben, waiting }
    await (await stage.enterAsAdmin()).context().close()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-layers')
    expect(stage.complaints).toEqual([])
  })

  it.each([
    ['the first third of them', 0],
    ['the second third', 1],
    ['the last third', 2],
  ])(
    'under a thumb, %s: every word is from a catalogue, no barrier, and nothing that is pressed is too small',
    async (_which, part) => {
      const third = Math.ceil(layers.length / 3)
      const phone = await window({ language: 'qps', viewport: NARROW, touch: true })
      const axe = new Axe()
      const wrong: Record<string, readonly string[]> = {}
      for (const layer of layers.slice(part * third, (part + 1) * third)) {
        await openLayer(page, stage.url, layer, places)
        const words = (await page.evaluate(PLAIN_WORDS)) as string[]
        const small = (await page.evaluate(SMALL_TARGETS)) as string[]
        const found = [...words, ...small, ...(await axe.findings(page, false))]
        if (found.length > 0) wrong[layer.name] = found
      }
      expect(wrong).toEqual({})
      await phone.close()
    },
  )

  it('in Arabic nothing hangs over on a phone', async () => {
    const arabic = await window({ language: 'ar', viewport: NARROW })
    for (const layer of layers.filter(({ name }) => MIRRORED.has(name))) {
      await openLayer(page, stage.url, layer, places)
      await picture(page, `layer-${layer.name}-390-arabic`)
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), layer.name).toBe(true)
    }
    await arabic.close()
  })

  it('by keyboard alone: list, menu, conversation, composer, dialogs and back; the focus is always somewhere', async () => {
    const { house } = stage
    const desk = await window()
    const { keyboard } = page
    const focused = (selector: string) => page.locator(`${selector}:focus`).first().waitFor()
    const ana = `a.row[href="#/c/${places.ana}"]`
    await page.locator('a.row').first().waitFor()
    await page.locator('.rows').focus()
    await keyboard.press('ArrowDown')
    await focused('a.row')
    // One row is on the way of Tab, with its menu; then comes what is behind the list.
    await keyboard.press('Tab')
    await focused('.row-menu')
    await keyboard.press('Enter')
    await focused('.menu-entry:has(.lucide-pin)')
    await keyboard.press('ArrowDown')
    await focused('.menu-entry:has(.lucide-bell-off)')
    await keyboard.press('Escape')
    await focused('.row-menu')
    await keyboard.press('Tab')
    expect(await page.locator('.list-pane :focus').count()).toBe(0)
    await page.locator(ana).focus()
    await keyboard.press('Enter')
    await focused('.composer textarea')
    for (const [opener, inside] of [
      ['.composer .icon-button:nth-last-of-type(2)', 'dialog'],
      ['.strip .icon-button', '.menu-entry'],
    ] as const) {
      await page.locator(opener).focus()
      await keyboard.press('Enter')
      await page.locator(`${inside} :focus, ${inside}:focus`).first().waitFor()
      await keyboard.press('Escape')
      await focused(opener)
    }
    await keyboard.press('Control+k')
    await focused('.palette-field')
    await keyboard.press('Escape')
    await focused('.strip .icon-button')
    await page.locator('.log').focus()
    await keyboard.press('ArrowUp')
    await focused(`[data-message="${places.waiting}"]`)
    await keyboard.press('i')
    await focused('.panel h2')
    await keyboard.press('Escape')
    await focused(`[data-message="${places.waiting}"]`)
    await page.locator(`[data-message="${places.waiting}"] .entry-menu`).focus()
    await keyboard.press('Enter')
    await page.locator('.menu:popover-open .menu-entry:has(.lucide-pencil)').focus()
    await keyboard.press('Enter')
    await focused('dialog textarea')
    await keyboard.press('Escape')
    await focused('.entry-menu')
    await page.locator('.composer textarea').focus()
    await keyboard.type('Half a')
    await keyboard.press('Escape')
    await focused('.composer textarea')
    for (const _ of 'Half a') await keyboard.press('Backspace')
    await keyboard.press('Escape')
    await focused(ana)
    await keyboard.press('Control+n')
    await focused('.picker input')
    await keyboard.press('Escape')
    await page.locator('.picker').waitFor({ state: 'detached' })
    await keyboard.press('/')
    await focused('#search')
    expect((await house.messages('&direction=out')).length).toBe(1)
    await desk.close()
  })

  it('the section that is open is in sight among the settings, on a phone too', async () => {
    const phone = await window({ viewport: NARROW })
    for (const section of ['mode', 'users', 'about']) {
      await page.goto(`${stage.url}/#/settings/${section}`)
      const chip = page.locator(`a.chip[href="#/settings/${section}"][aria-current=page]`)
      await chip.waitFor()
      const box = await chip.boundingBox()
      expect(box?.x, section).toBeGreaterThanOrEqual(0)
      expect((box?.x ?? 0) + (box?.width ?? 0), section).toBeLessThanOrEqual(NARROW.width)
    }
    await phone.close()
  })
})

/** Those in which more than a line of words has a side. */
const MIRRORED: ReadonlySet<string> = new Set([
  'restored',
  'palette',
  'search',
  'row-menu',
  'message-menu-open',
  'reply',
  'upload-tray',
  'timer',
  'settings-backup',
  'simulator',
])

/** A window with its page, in which this gateway came out of a backup. */
async function window(options: Parameters<Stage['window']>[0] = {}): Promise<BrowserContext> {
  const context = await stage.window(options)
  page = await stage.page(context)
  await page.route('**/api/v1/system/backup', async (route) => {
    const answer = await route.fetch()
    const restored = { at: '2026-11-22T10:00:00Z', taken_at: '2026-11-21T03:00:00Z', held: 2 }
    await route.fulfill({ response: answer, json: { ...(await answer.json()), restored } })
  })
  return context
}
