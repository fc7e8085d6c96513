/** What seldom comes, in real Chromium: odd messages, slow pictures, keys, files by hand, and few or strong colours. */
import type { Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Axe, chromiumPath, NARROW, picture, Stage, WIDE } from './kit/stage.ts'

type Row = Record<string, unknown>

const HOUR_MS = 3_600_000
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const TALL_PX = 300

let stage: Stage
let page: Page
let ana: string
let ben: string

const at = (place: string) => `${stage.url}/#${place}`
const field = () => page.locator('.composer textarea')

describe.skipIf(chromiumPath === undefined)('the inbox at its edges', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    await stage.greet()
    const { house } = stage
    ana = await stage.conversationWith(house.world.person('ana').number)
    ben = await stage.conversationWith(house.world.person('ben').number)
    await house.api.ask('POST', `/api/v1/conversations/${ana}/accept`)
    page = await stage.page(await stage.window())
    await stage.setUp(page)
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, `failed-edges-${task.name.slice(0, 12)}`)
    expect(stage.complaints).toEqual([])
  })

  it('reactions that came as texts, a hundred reactions, missing parts, no report, emoji and flags, names from the right', async () => {
    const hundred = Array.from({ length: 100 }, (_, index) => ({
      aci: `aci-${index}`,
      emoji: ['👍', '❤️', '😂', '😮', '😢', '🙏', '🔥', '🎉'][index % 8],
      at: null,
      ours: index === 0,
    }))
    const leyla = { id: 'con_x', name: 'ليلى!', address: '+15550000777' }
    await serve(ben, [
      { text: 'Unreported', direction: 'out', status: 'sent', transport: 'sms', sent_at: ago(HOUR_MS) },
      { text: 'Shall we meet at eight?', direction: 'out', status: 'delivered', transport: 'sms' },
      { text: 'Liked “Shall we meet at eight?”' },
      { text: 'Liked “What nobody has said”' },
      { text: 'Everybody reacts', reactions: hundred },
      { text: '[…1/3]middle […3/3]', incomplete: true },
      { text: '🇩🇪🇪🇺' },
      {
        text: `${'A very long text. '.repeat(400)}END`,
        quote: { author: 'them', person: leyla, sent_at: null, text: 'مرحبا', file: null },
      },
    ])
    await page.goto(at(`/c/${ben}`))
    const entry = (text: string) => page.locator('.entry', { hasText: text })
    await entry('A very long text').waitFor()
    await page.locator('.bubble.large', { hasText: '🇩🇪' }).waitFor()
    const gaps = entry('middle')
    expect(await gaps.locator('.part-missing').textContent()).toBe('Not arrived yet: part 1, 3 of 3.')
    expect(await entry('Everybody').locator('.reaction').count()).toBe(7)
    expect(await entry('Everybody').locator('.reaction').last().textContent()).toBe('+2')
    expect(await page.locator('.quote cite', { hasText: 'ليلى' }).count()).toBe(1)
    await page.evaluate("document.querySelector('.log').scrollTop = 0")
    await entry('What nobody has said').waitFor()
    expect(await entry('Liked “Shall we').count()).toBe(0)
    const chip = entry('Shall we meet').getByRole('button', { name: /👍, sent as a text/ })
    expect(await entry('Unreported').locator('.tick').getAttribute('title')).toContain('gave no report')
    for (const [size, viewport] of [
      ['1280', WIDE],
      ['390', NARROW],
    ] as const) {
      await page.setViewportSize(viewport)
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme })
        await page.evaluate("document.querySelector('.log').scrollTop = 0")
        await chip.waitFor()
        await picture(page, `odd-${size}-${theme}`)
        expect(await new Axe().findings(page, theme === 'dark')).toEqual([])
      }
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize(WIDE)
    await page.evaluate("document.querySelector('.log').scrollTop = 1e6")
    await entry('A very long text').getByRole('button', { name: 'Show all' }).click()
    await entry('END').waitFor()
    await page.evaluate("document.querySelector('.log').scrollTop = 0")
    // While it is being scrolled the list takes no press.
    await page.evaluate(SETTLED)
    await chip.click()
    await page.locator('.info-text', { hasText: 'Liked “Shall we meet at eight?”' }).waitFor()
    await unserve(ben)
  })

  it('a picture that comes late and large pushes nobody off the end; who reads further up stays there', async () => {
    const texts = Array.from({ length: 30 }, (_, index): Row => ({ text: `Line ${index}` }))
    const files = [0, 1, 2].map((index) => ({ ...IMAGE, id: `att_${index}`, thumbnail_url: `/late/${index}` }))
    await serve(ben, [...texts, { text: 'Look', attachments: files }])
    let come = (): void => {}
    const late = new Promise<void>((resolve) => {
      come = resolve
    })
    await page.route('**/late/*', async (route) => {
      await late
      await route.fulfill({ body: tall(), contentType: 'image/svg+xml' })
    })
    await page.goto('about:blank')
    await page.goto(at(`/c/${ben}`))
    const last = page.locator('.entry', { hasText: 'Look' })
    await last.waitFor()
    await page.evaluate(SETTLED)
    come()
    await expect.poll(async () => (await last.boundingBox())?.height ?? 0).toBeGreaterThan(TALL_PX)
    await page.evaluate(SETTLED)
    expect(await fromEnd()).toBeLessThan(5)
    expect(await page.locator('.to-end').count()).toBe(0)
    await page.mouse.move(700, 300)
    await page.mouse.wheel(0, -900)
    await page.locator('.to-end').waitFor()
    await page.evaluate(SETTLED)
    const before = await fromEnd()
    await page.evaluate("document.querySelector('.composer').style.paddingBottom = '60px'")
    await page.evaluate(SETTLED)
    expect(await fromEnd()).toBeGreaterThan(before)
    // What shrinks until its end is in sight is at its end, though nothing was scrolled.
    await page.evaluate(`(() => {
      const log = document.querySelector('.log')
      Object.assign(log.firstElementChild.style, { maxHeight: log.scrollTop + log.clientHeight + 'px', overflow: 'clip' })
    })()`)
    await page.locator('.to-end').waitFor({ state: 'detached' })
    await page.unroute('**/late/*')
    await unserve(ben)
  })

  it('what is sent is seen from wherever one reads; what is refused is written on, and nothing lies over its buttons', async () => {
    const texts = Array.from({ length: 40 }, (_, index): Row => ({ text: `Line ${index}` }))
    await serve(ana, texts)
    await page.goto(at(`/c/${ana}`))
    await page.locator('.entry', { hasText: 'Line 39' }).waitFor()
    await page.evaluate(SETTLED)
    const goUp = async () => {
      await page.mouse.move(700, 300)
      await page.mouse.wheel(0, -600)
      await page.locator('.to-end').waitFor()
    }
    const isSeen = async (text: string) => {
      await page.locator('.entry.ours', { hasText: text }).waitFor()
      await page.evaluate(SETTLED)
      expect(await fromEnd()).toBeLessThan(5)
      expect(await page.locator('.to-end').count()).toBe(0)
    }
    await goUp()
    await field().fill('From further up')
    await field().press('Enter')
    await isSeen('From further up')
    // The composer becomes lower by more than what counts as the end.
    await field().fill(`Many lines${'\n.'.repeat(8)}`)
    await field().press('Enter')
    await isSeen('Many lines')
    await page.goto(at(`/c/${ana}/m/msg_edge0002`))
    await page.locator('.entry.target', { hasText: 'Line 2' }).waitFor()
    await field().fill('From what was looked for')
    await field().press('Enter')
    await isSeen('From what was looked for')
    await page.goto(at(`/c/${ana}`))

    const refusal = { code: 'too-large', title: 'Too large', status: 413, detail: 'This is too much.' }
    await page.route('**/api/v1/messages', (route: Route) => route.fulfill({ status: 413, json: refusal }))
    stage.expectCuts = true
    await page.locator('.entry', { hasText: 'From further up' }).focus()
    await page.keyboard.press('r')
    await attach('paste')
    await field().fill('Refused')
    await field().press('Enter')
    const refused = page.locator('.entry.ours', { hasText: 'Refused' })
    await refused.getByRole('button', { name: 'Discard' }).waitFor()
    await field().fill('Begun since')
    await goUp()
    await page.mouse.wheel(0, 480)
    await page.evaluate(SETTLED)
    await picture(page, 'refused-1280-light')
    const [log, button] = [await page.locator('.log').boundingBox(), await page.locator('.to-end').boundingBox()]
    expect(button?.y).toBeGreaterThanOrEqual((log?.y ?? 0) + (log?.height ?? 0))
    expect(await new Axe().findings(page, false)).toEqual([])
    // Near the end the list goes to it by itself, and what is to be pressed with it.
    await page.mouse.wheel(0, 900)
    await page.locator('.to-end').waitFor({ state: 'detached' })
    await page.evaluate(SETTLED)
    await refused.getByRole('button', { name: 'Edit' }).click()
    await refused.waitFor({ state: 'detached' })
    await page.locator('.composer-quote', { hasText: 'From further up' }).waitFor()
    await page.locator('.tray-file', { hasText: 'paste.txt' }).waitFor()
    expect(await field().inputValue()).toBe('Refused\nBegun since')
    await picture(page, 'refused-edited-1280-light')
    stage.expectCuts = false
    await page.unroute('**/api/v1/messages')
    await field().fill('')
    await page.getByRole('button', { name: 'Remove paste.txt' }).click()
    await field().press('Escape')
    await unserve(ana)
  })

  it('keys: Alt and the arrows keep the open row in sight, R and I work with capitals, Escape goes layer by layer', async () => {
    const rows = Array.from({ length: 60 }, (_, index) => index)
    const { data } = await stage.house.api.call<{ data: Row[] }>('GET', '/api/v1/conversations?limit=1')
    await page.route('**/api/v1/conversations?*', (route: Route) => {
      const isPinned = route.request().url().includes('pinned=true')
      const many = rows.map((index) => ({ ...data[0], id: `cnv_${index}`, last_message_at: ago(index * HOUR_MS) }))
      return route.fulfill({ json: { data: isPinned ? [] : many, next_cursor: null } })
    })
    await page.route(/conversations\/cnv_/, (route: Route) => {
      const id = new URL(route.request().url()).pathname.split('/')[4]
      return route.request().url().includes('/messages')
        ? route.fulfill({ json: { data: [], next_cursor: null } })
        : route.fulfill({ json: { ...data[0], id } })
    })
    await page.goto('about:blank')
    await page.goto(at('/'))
    await page.locator('a.row').first().waitFor()
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press('Alt+ArrowDown')
      await page.locator(`a.row[href="#/c/cnv_${step}"][aria-current=page]`).waitFor()
    }
    const box = await page.locator('a.row[aria-current=page]').boundingBox()
    expect(box?.y ?? -1).toBeGreaterThan(0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(WIDE.height)
    await page.unroute('**/api/v1/conversations?*')
    await page.unroute(/conversations\/cnv_/)
    await page.goto('about:blank')
    await page.goto(at(`/c/${ben}`))
    await page.locator('.entry').first().waitFor()
    await page.locator('.log').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Shift+I')
    await page.locator('.panel .timeline').waitFor()
    await page.keyboard.press('Control+k')
    await page.locator('dialog[open]').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    expect(await page.locator('.panel .timeline').count()).toBe(1)
    await page.keyboard.press('Escape')
    await page.locator('.panel').waitFor({ state: 'detached' })
    await page.locator('.entry:focus').waitFor()
    await page.keyboard.press('Shift+R')
    await page.locator('.composer-quote').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.composer-quote').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.locator(`a.row[href="#/c/${ben}"]:focus`).waitFor()
  })

  it('a file is dropped or pasted into what is written; each conversation keeps its own draft; Enter does as one prefers', async () => {
    await page.goto(at(`/c/${ben}`))
    await field().fill('For Ben')
    for (const type of ['drop', 'paste'] as const) {
      await attach(type)
    }
    const meter = page.locator('.composer meter')
    expect(await meter.count()).toBe(1)
    await page.locator('.composer .counter', { hasText: '9 byte of 307.2 kB: goes as it is' }).waitFor()
    await picture(page, 'meter-1280-light')
    await page.goto(at(`/c/${ana}`))
    expect(await field().inputValue()).toBe('')
    await field().fill('For Ana')
    await page.goto(at(`/c/${ben}`))
    await page.locator('.tray-file').nth(1).waitFor()
    expect(await field().inputValue()).toBe('For Ben')
    for (const name of ['drop.txt', 'paste.txt']) await page.getByRole('button', { name: `Remove ${name}` }).click()
    await field().fill('')
    await page.goto(at(`/c/${ana}`))
    expect(await field().inputValue()).toBe('For Ana')
    await page.getByRole('button', { name: 'You and this browser' }).click()
    await page.getByRole('menuitem', { name: 'Preferences' }).click()
    await page.getByLabel('Enter sends').uncheck()
    await page.keyboard.press('Escape')
    await field().focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.keyboard.type('and more')
    expect(await field().inputValue()).toBe('For Ana\nand more')
    await page.keyboard.press('Control+Enter')
    await page.locator('.entry.ours', { hasText: 'and more' }).waitFor()
  })

  it('what is longer than any message may be is not let go, and says by how much', async () => {
    for (const [who, words] of [
      [ben, 'Text message – not encrypted'],
      [ana, 'Signal message'],
    ] as const) {
      await page.goto(at(`/c/${who}`))
      await page.getByRole('textbox', { name: words }).fill('word '.repeat(4_001))
      await page.getByText('Too long by 5: a message has at most 20,000 characters.').waitFor()
      expect(await page.locator('.composer .send').isDisabled()).toBe(true)
      await picture(page, `too-long-${who === ben ? 'text' : 'signal'}-1280-light`)
      await field().fill('word')
      await page.locator('.counter.over').waitFor({ state: 'detached' })
      expect(await page.locator('.composer .send').isDisabled()).toBe(false)
      await field().fill('')
    }
  })

  it('what is to leave later says when, and is taken back', async () => {
    await page.goto(at(`/c/${ana}`))
    await field().fill('Happy birthday')
    await page.getByRole('button', { name: 'Send later' }).click()
    await page.getByRole('button', { name: 'In an hour' }).click()
    await page.locator('.composer-schedule', { hasText: 'Leaves' }).waitFor()
    await page.getByRole('button', { name: 'Send Signal message' }).click()
    const entry = page.locator('.entry.ours', { hasText: 'Happy birthday' })
    await entry.locator('.tick.scheduled').waitFor()
    await entry.locator('.note', { hasText: 'Leaves' }).waitFor()
    await entry.hover()
    await entry.locator('.entry-menu').click()
    await page.getByRole('menuitem', { name: 'Take back', exact: true }).click()
    await entry.locator('.tick.canceled').waitFor()
  })

  it('with few colours what is chosen is still told; with more contrast nothing is found', async () => {
    await page.goto(at(`/c/${ben}`))
    await page.locator('.entry').first().waitFor()
    await page.emulateMedia({ forcedColors: 'active' })
    const styleOf = (selector: string, property: string) =>
      page.evaluate(
        `getComputedStyle(document.querySelector(${JSON.stringify(selector)}))[${JSON.stringify(property)}]`,
      )
    for (const chosen of ['.chip[aria-pressed=true]', 'a.row[aria-current=page]'])
      expect(await styleOf(chosen, 'outlineStyle'), chosen).toBe('solid')
    const lit = await styleOf('.bars rect.lit', 'fill')
    await page.evaluate("document.querySelector('.bars rect').classList.remove('lit')")
    expect(await styleOf('.bars rect', 'fill')).not.toBe(lit)
    expect(await styleOf('.bars rect', 'stroke')).not.toBe('none')
    await picture(page, 'forced-colors-1280')
    await page.emulateMedia({ forcedColors: 'none', contrast: 'more' })
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await picture(page, `contrast-1280-${theme}`)
      expect(await new Axe().findings(page, true)).toEqual([])
    }
    await page.emulateMedia({ contrast: 'no-preference', colorScheme: 'light' })
  })
})

const IMAGE = {
  ...Object.fromEntries(
    ['message_id', 'width', 'height', 'caption', 'blurhash', 'code', 'reason', 'left_out'].map((name) => [name, null]),
  ),
  content_type: 'image/png',
  file_name: 'tall.png',
  bytes: PIXEL.length,
  voice: false,
  gif: false,
  sticker: false,
  view_once: false,
  state: 'here',
  url: '/late/whole',
  playable_url: null,
}

/** Two frames, and what they bring about. */
const SETTLED = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))`

function tall(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="${TALL_PX}"><rect width="200" height="${TALL_PX}" fill="teal"/></svg>`
}

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString()
}

/** Drops or pastes a file into what is written, and waits until the gateway has it. */
async function attach(type: 'drop' | 'paste'): Promise<void> {
  await page.evaluate(`{
    const data = new DataTransfer()
    data.items.add(new File([${JSON.stringify(type)}], ${JSON.stringify(`${type}.txt`)}, { type: 'text/plain' }))
    const Kind = ${type === 'drop' ? 'DragEvent' : 'ClipboardEvent'}
    const holder = ${type === 'drop' ? "'dataTransfer'" : "'clipboardData'"}
    const event = new Kind(${JSON.stringify(type)}, { [holder]: data, bubbles: true, cancelable: true })
    document.querySelector('.composer textarea').dispatchEvent(event)
  }`)
  await page.locator('.tray-file:not(:has(progress))', { hasText: `${type}.txt` }).waitFor()
}

async function fromEnd(): Promise<number> {
  return (await page.evaluate(
    "{ const log = document.querySelector('.log'); log.scrollHeight - log.clientHeight - log.scrollTop }",
  )) as number
}

/** The gateway's answer for this conversation, as if these had come, the last one just now. */
async function serve(id: string, rows: readonly Row[]): Promise<void> {
  const { data } = await stage.house.api.call<{ data: Row[] }>('GET', `/api/v1/conversations/${id}/messages?limit=1`)
  const all = rows.map((row, index) => ({
    ...data[0],
    id: `msg_edge${String(index).padStart(4, '0')}`,
    created_at: ago((rows.length - index) * 1_000),
    ...row,
  }))
  await page.route(`**/api/v1/conversations/${id}/messages?*`, (route: Route) =>
    route.fulfill({ json: { data: [...all].reverse(), next_cursor: null } }),
  )
  await page.route(/messages\/msg_edge/, (route: Route) => {
    const path = new URL(route.request().url()).pathname.split('/')
    const json = path.length > 5 ? { data: [], plan: [], changes: [] } : all.find((row) => row.id === path[4])
    return route.fulfill({ json })
  })
}

async function unserve(id: string): Promise<void> {
  await page.unroute(`**/api/v1/conversations/${id}/messages?*`)
  await page.unroute(/messages\/msg_edge/)
  await page.goto('about:blank')
}
