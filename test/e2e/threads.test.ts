/** Threads in real Chromium: few messages and very many, what is looked at once, and who cannot be answered. */
import { describe, expect, it } from 'vitest'
import { chromiumPath } from './kit/stage.ts'
import { at, page, stage, useWalk } from './kit/walk.ts'

describe.skipIf(chromiumPath === undefined)('threads in Chromium', () => {
  useWalk('failed-threads')

  it('a picture that is to be looked at once is shown on demand, and is gone when it is closed', async () => {
    const { house } = stage
    const ana = await stage.conversationWith(house.world.person('ana').number)
    await page.goto(at(`/c/${ana}`))
    await simulate({ action: 'offline', person: 'ben', on: 'sms' })
    await simulate({ action: 'online', person: 'ben', on: 'sms' })
    await house.world
      .person('ana')
      .signal?.sendFile(
        house.world.gatewayNumber,
        { content: PIXEL, contentType: 'image/png', fileName: 'once.png' },
        { viewOnce: true },
      )
    await page.getByRole('button', { name: 'View once' }).click()
    await page.locator('dialog.lightbox img').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'View once' }).waitFor({ state: 'detached' })
  })

  it('who has a name in place of a number cannot be answered, and the thread says so', async () => {
    await page.goto(at('/'))
    await page
      .locator('a.row', { hasText: /SIGNAL/ })
      .first()
      .click()
    await page.locator('.composer-note', { hasText: 'cannot be answered' }).waitFor()
    expect(await page.locator('.composer').count()).toBe(0)
  })

  it('few messages stand at the bottom of the thread', async () => {
    const id = await stage.conversationWith(stage.house.world.person('echo').number)
    await page.goto(at(`/c/${id}`))
    const last = page.locator('.entry').last()
    await last.waitFor()
    const [log, entry] = [await page.locator('.log').boundingBox(), await last.boundingBox()]
    const gap = (log?.y ?? 0) + (log?.height ?? 0) - ((entry?.y ?? 0) + (entry?.height ?? 0))
    expect(gap).toBeLessThan(60)
  })

  it('of ten thousand messages only those that can be seen are in the page', async () => {
    const id = await stage.conversationWith(stage.house.world.person('ben').number)
    await serveMany(id, MANY)
    await page.goto('about:blank')
    await page.goto(at(`/c/${id}/m/${messageId(0)}`))
    await page.locator('.entry.target', { hasText: 'Message 0' }).waitFor({ timeout: 90_000 })
    const shown = () => page.locator('.log .entry').count()
    expect(await shown()).toBeLessThan(80)
    await page.getByRole('button', { name: 'To the newest message' }).click()
    await page.locator('.entry', { hasText: `Message ${MANY - 1}` }).waitFor()
    expect(await shown()).toBeLessThan(80)
    await page.locator('.log').press('Home')
    expect(await shown()).toBeLessThan(80)
    await page.unroute(`**/api/v1/conversations/${id}/messages?*`)
    await page.goto('about:blank')
  })

  it('a thread of five thousand is scrolled through: few nodes at every place, and what was come to is there', async () => {
    const id = await stage.conversationWith(stage.house.world.person('ben').number)
    await serveMany(id, 5_000)
    await page.goto('about:blank')
    await page.goto(at(`/c/${id}/m/${messageId(0)}`))
    await page.locator('.entry.target', { hasText: 'Message 0' }).waitFor({ timeout: 90_000 })
    await page.evaluate(`{
      globalThis.longFrames = []
      let last = performance.now()
      const frame = (now) => {
        longFrames.push(now - last)
        last = now
        requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
    }`)
    let nodesMax = 0
    let entriesMax = 0
    const last = page.locator('.entry', { hasText: 'Message 4999' })
    for (let step = 0; step < 400 && (await last.count()) === 0; step++) {
      await page.evaluate("document.querySelector('.log').scrollBy(0, 4000)")
      // Two frames: what was scrolled to is drawn.
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))')
      const [nodes, entries] = (await page.evaluate(
        "[document.querySelectorAll('.log *').length, document.querySelectorAll('.log .entry').length]",
      )) as [number, number]
      nodesMax = Math.max(nodesMax, nodes)
      entriesMax = Math.max(entriesMax, entries)
    }
    expect(await last.count()).toBe(1)
    expect(entriesMax).toBeLessThan(80)
    expect(nodesMax).toBeLessThan(2_500)
    const frames = (await page.evaluate('longFrames')) as number[]
    const long = frames.filter((ms) => ms > 50)
    // For people to read; a busy machine fails nobody.
    process.stderr.write(
      `thread of 5000: at most ${entriesMax} entries and ${nodesMax} nodes; ${long.length} of ${frames.length} frames over 50 ms, the longest ${Math.round(Math.max(...frames))} ms\n`,
    )
    await page.unroute(`**/api/v1/conversations/${id}/messages?*`)
    await page.goto('about:blank')
  })
})

const MANY = 10_000
const messageId = (index: number) => `msg_${String(index).padStart(8, '0')}`
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

/** The gateway's answers for this conversation, as if it had so many messages. */
async function serveMany(id: string, many: number): Promise<void> {
  const { data } = await stage.house.api.call<{ data: Record<string, unknown>[] }>(
    'GET',
    `/api/v1/conversations/${id}/messages?limit=1`,
  )
  await page.route(`**/api/v1/conversations/${id}/messages?*`, (route) => {
    const query = new URL(route.request().url()).searchParams
    const from = Number(query.get('cursor') ?? many)
    const to = Math.max(0, from - Number(query.get('limit')))
    const rows = Array.from({ length: from - to }, (_, index) => ({
      ...data[0],
      id: messageId(from - 1 - index),
      text: `Message ${from - 1 - index}`,
      created_at: new Date(1_700_000_000_000 + (from - 1 - index) * 60_000).toISOString(),
    }))
    return route.fulfill({ json: { data: rows, next_cursor: to === 0 ? null : String(to) } })
  })
}

async function simulate(action: Record<string, unknown>): Promise<void> {
  await stage.house.api.call('POST', '/api/v1/simulator/actions', action)
}
