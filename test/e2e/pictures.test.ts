/**
 * Picture messages through the screen, in real Chromium: from Ben to the thread and the lightbox, from the composer to Ben's
 * phone, and what is said where one cannot come or go. The MMSC is the simulated one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WorldConsole } from '../../src/sandbox/world-console.ts'
import { picture as drawn, photograph, SECRETS } from '../unit/media/photographs.ts'
import { Axe, chromiumPath, NARROW, picture, Stage, WIDE } from './kit/stage.ts'

const PLACEHOLDER = 'Picture message (MMS) – not encrypted'
/** What the simulated carrier takes. */
const BYTES_MAX = 307_200
const folder = mkdtempSync(join(tmpdir(), 'causeway-pictures-'))

let stage: Stage
let page: Page
let ben: string

const place = (name: string, octets: Uint8Array | string): string => {
  const path = join(folder, name)
  writeFileSync(path, octets)
  return path
}

const phone = () => stage.house.world.mmsc.handset(stage.house.world.person('ben').number)

/** As `causeway sim mms ben` does it. */
const benSends = (given: Record<string, unknown>) =>
  new WorldConsole(stage.house.world).perform('mms', { from: 'ben', ...given })

/** Waits until Ben's phone has a message with these words. */
async function atBen(words: string) {
  let found: ReturnType<typeof phone>['inbox'][number] | undefined
  await stage.house.eventually(`Ben has “${words}”`, () => {
    found = phone().inbox.find(({ text }) => text.includes(words))
    return found !== undefined
  })
  if (found === undefined) throw new Error('unreachable')
  return found
}

/** At both widths; what is judged is what the composer and the thread look like. */
async function both(name: string): Promise<void> {
  for (const [size, viewport] of [
    ['390', NARROW],
    ['1280', WIDE],
  ] as const) {
    await page.setViewportSize(viewport)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await picture(page, `${name}-${size}-light`)
  }
  await toEnd()
}

/** Only what can be seen is in the page; a window that changes its size may have left the end. */
async function toEnd(): Promise<void> {
  await expect
    .poll(async () => {
      await page.evaluate("document.querySelector('.log').scrollTop = 1e9")
      return await page.locator('.to-end').count()
    })
    .toBe(0)
}

describe.skipIf(chromiumPath === undefined)('picture messages in Chromium', () => {
  beforeAll(async () => {
    const mms = { timeout: '20s', bytes_max: '400KB', long_text_parts: 3, send_read_reports: true }
    stage = await Stage.open({ config: { mms } })
    await stage.greet()
    ben = await stage.conversationWith(stage.house.world.person('ben').number)
    page = await stage.enterAsAdmin(`/c/${ben}`)
    await page.locator('.composer textarea').waitFor()
  })
  beforeEach(async () => {
    await page.goto(`${stage.url}/#/c/${ben}`)
    await page.locator('.composer textarea').waitFor()
    await toEnd()
  })
  afterAll(async () => {
    await stage?.close()
    rmSync(folder, { recursive: true })
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, `pictures-failed-${task.name.slice(0, 12)}`)
    stage.house.world.mmsc.clearFaults()
    expect(stage.complaints).toEqual([])
  })

  it('one from Ben is in the thread with its subject, small, and opens large; he hears that it was read', async () => {
    const file = place('beach.jpg', await drawn(1200, 900, { noise: 10 }).jpeg({ quality: 70 }).toBuffer())
    await benSends({ file, text: 'From the beach', subject: 'Holidays', read_report: true })
    const entry = page.locator('.entry.theirs.mms', { hasText: 'From the beach' })
    await entry.locator('.bold', { hasText: 'Holidays' }).waitFor()
    await expect
      .poll(() => page.evaluate("document.querySelector('.entry.theirs .picture img').naturalWidth"))
      .toBe(512)
    await both('picture-thread')
    await entry.locator('.picture').click()
    await page.locator('dialog.lightbox img').waitFor()
    await expect.poll(() => page.evaluate("document.querySelector('dialog.lightbox img').naturalWidth")).toBe(1200)
    await both('picture-lightbox')
    await page.keyboard.press('Escape')
    await stage.house.eventually('Ben hears of it, once', () => phone().readReports.length === 1)
    // An answer to it shows which picture is meant, before it is sent and after.
    await page.locator('.log').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('r')
    await page.locator('.composer-quote img.quoted').waitFor()
    await page.keyboard.type('Lovely')
    await both('quote-composer')
    await page.locator('.composer textarea').press('Enter')
    await page.locator('.entry.ours.sms', { hasText: 'Lovely' }).locator('.quote img.quoted').waitFor()
    await both('quote-picture')
  })

  it('a photo for Ben is said to go unencrypted and made to fit before it leaves; he gets it without its place', async () => {
    const photo = await photograph(3000, 2000, { noise: 60 })
    expect(photo.length).toBeGreaterThan(2_000_000)
    await page.locator('input[type=file]').setInputFiles({ name: 'garden.jpg', mimeType: 'image/jpeg', buffer: photo })
    await page.locator('.tray-file img').waitFor()
    const composer = page.locator('.composer.mms')
    await composer.getByRole('textbox', { name: PLACEHOLDER }).fill('Our garden')
    await composer.locator('.pill', { hasText: 'Auto: picture message (MMS)' }).waitFor()
    await composer.getByRole('status').filter({ hasText: 'made to fit: 307.2 kB at most' }).waitFor()
    await composer.getByRole('button', { name: 'See what arrives' }).click()
    const arriving = page.locator('.arriving figcaption')
    await arriving.filter({ hasText: / × / }).waitFor()
    const promised = await arriving.textContent()
    await both('mms-arriving')
    expect(await new Axe().findings(page, false)).toEqual([])
    await page.keyboard.press('Escape')
    await composer.getByRole('button', { name: 'Add a subject' }).click()
    await composer.getByRole('textbox', { name: 'Subject' }).fill('Saturday')
    await both('composer-mms')
    expect(await new Axe().findings(page, false)).toEqual([])
    const { ledger } = stage.house.world.mmsc
    const before = ledger.requests({ type: 'm-send-req' }).length
    await page.getByRole('button', { name: 'Send picture message (MMS) – not encrypted' }).click()
    const entry = page.locator('.entry.ours.mms', { hasText: 'Our garden' })
    await entry.locator('.tick.delivered').waitFor()
    await entry.locator('.bold', { hasText: 'Saturday' }).waitFor()
    await page.locator('.composer.sms').waitFor()
    const { files, subject, text } = await atBen('Our garden')
    expect({ subject, text, types: files.map(({ media }) => media) }).toEqual({
      subject: 'Saturday',
      text: 'Our garden',
      types: ['image/jpeg'],
    })
    const sent = ledger.requests({ type: 'm-send-req' }).slice(before)
    expect(sent).toHaveLength(1)
    expect(sent[0]?.bytes).toBeLessThanOrEqual(BYTES_MAX)
    const octets = Buffer.from(files[0]?.data ?? [])
    for (const secret of SECRETS) expect(octets.includes(secret)).toBe(false)
    const { exif, xmp, width = 0, height = 0 } = await sharp(octets).metadata()
    expect([exif, xmp]).toEqual([undefined, undefined])
    // It stands upright now.
    expect(height).toBeGreaterThan(width)
    expect(promised).toBe(`${width} × ${height} · ${(octets.length / 1000).toFixed(1)} kB`)
    await both('picture-sent')
  })

  it('pictures, a voice note and a card in one message come as what they are; the note plays', async () => {
    const dot = (red: number) =>
      sharp({ create: { width: 320, height: 240, channels: 3, background: { r: red, g: 90, b: 120 } } })
        .jpeg()
        .toBuffer()
    const frame = Buffer.concat([Buffer.from([0x3c]), Buffer.alloc(31, 0x55)])
    const note = Buffer.concat([Buffer.from('#!AMR\n'), ...Array.from({ length: 100 }, () => frame)])
    const card = 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cam Doe\r\nTEL:+15550000103\r\nEND:VCARD\r\n'
    const also = [place('two.jpg', await dot(120)), place('note.amr', note), place('cam.vcf', card)].join(',')
    await benSends({ file: place('one.jpg', await dot(200)), also, text: 'Four things' })
    const entry = page.locator('.entry.theirs.mms', { hasText: 'Four things' })
    await expect.poll(() => entry.locator('.picture img').count()).toBe(2)
    await entry.locator('a.file', { hasText: 'cam.vcf' }).waitFor()
    await entry.locator('audio.sound').waitFor()
    const seconds = await page.evaluate(
      `new Promise((resolve) => {
        const audio = [...document.querySelectorAll('audio.sound')].at(-1)
        audio.onloadedmetadata = () => resolve(audio.duration)
        audio.preload = 'auto'
        audio.load()
      })`,
    )
    expect(Math.round(Number(seconds))).toBe(2)
    await both('picture-many')
  })

  it('a recording that nothing can convert is offered to be saved, with the reason', async () => {
    await benSends({ file: place('broken.amr', '#!AMR\nno sound at all'), text: 'Listen' })
    const entry = page.locator('.entry.theirs.mms', { hasText: 'Listen' })
    await entry.locator('audio.sound').waitFor()
    stage.expectCuts = true
    await page.evaluate(
      "(() => { const audio = [...document.querySelectorAll('audio.sound')].at(-1); audio.preload = 'auto'; audio.load() })()",
    )
    await entry.locator('.file-note', { hasText: 'It cannot be played here' }).waitFor()
    expect(await entry.locator('.file-note').textContent()).toContain('damaged')
    await entry.locator('a.file', { hasText: 'broken.amr' }).waitFor()
    await picture(page, 'recording-broken-1280-light')
    stage.expectCuts = false
  })

  it('what cannot be made small enough is told to both sides', async () => {
    const octets = Buffer.from(Array.from({ length: 500_000 }, (_, at) => (at * 2_654_435_761) >>> 24))
    await page.locator('input[type=file]').setInputFiles({ name: 'plan.bin', mimeType: '', buffer: octets })
    await page.locator('.tray-file', { hasText: 'plan.bin' }).locator('svg').first().waitFor()
    await page.getByRole('textbox', { name: PLACEHOLDER }).fill('The plan')
    await page.locator('.composer .send').click()
    const entry = page.locator('.entry.ours.mms', { hasText: 'The plan' })
    await entry.locator('.tick.delivered').waitFor()
    expect((await atBen('The plan')).text).toMatch(/\[plan\.bin, 489 KB: .*too large/)
    await entry.locator('.left-out', { hasText: 'Not sent: too large for a picture message' }).waitFor()
    await toEnd()
    await both('picture-left-out')
    await entry.focus()
    await page.keyboard.press('i')
    await page.locator('.timeline', { hasText: 'plan.bin, 489 KB' }).waitFor()
    await both('picture-too-large-info')
    await page.keyboard.press('Escape')
  })

  it('a text of too many parts is said to go as one picture message, and does', async () => {
    const words = 'All of what there is to be said about the garden. '.repeat(14).trim()
    await page.locator('.composer textarea').fill(words)
    await page.locator('.composer.mms').getByRole('status').filter({ hasText: '5 texts long' }).waitFor()
    await both('composer-long')
    await page.getByRole('button', { name: 'Send picture message (MMS) – not encrypted' }).click()
    const entry = page.locator('.entry.ours.mms', { hasText: words })
    await entry.locator('.tick.delivered').waitFor()
    expect((await atBen(words)).files).toEqual([])
    await entry.focus()
    await page.keyboard.press('i')
    await page.locator('.panel', { hasText: 'mms.long_text_parts' }).waitFor()
    await picture(page, 'long-text-info-1280-light')
    await page.keyboard.press('Escape')
  })

  it.each([
    ['gone', { kind: 'status', status: 404, on: 'retrieve' }, 'the carrier no longer has it'],
    ['refused', { kind: 'status', status: 403, on: 'retrieve' }, 'the carrier answered HTTP 403'],
  ] as const)('one that is %s is told of once, and fetched again from there', async (name, fault, why) => {
    stage.house.world.mmsc.fault(fault)
    await benSends({ text: `Once ${name}`, subject: `About ${name}` })
    const line = page.locator('.notice', { hasText: `About ${name}` })
    await line.getByText(why).waitFor()
    // Only what can be seen is in the page: it may be put there anew while the end is gone to.
    await expect.poll(() => line.count()).toBe(1)
    await picture(page, `picture-${name}-1280-light`)
    // What comes while it is pressed does not move it away.
    const button = line.getByRole('button', { name: 'Fetch it again' })
    const press = async () => {
      await button.hover()
      await page.mouse.down()
      const isPressed = await button.evaluate((node) => node.matches(':active'))
      if (!isPressed) await page.mouse.up()
      return isPressed
    }
    await expect.poll(press).toBe(true)
    const meanwhile = `Just when ${name}`
    stage.house.world.phone('ben').send(stage.house.world.gatewayNumber, meanwhile)
    await page.locator('.entry.theirs.sms', { hasText: meanwhile }).waitFor({ state: 'attached' })
    await page.mouse.up()
    await page
      .locator('.entry.theirs.mms', { hasText: `Once ${name}` })
      .locator('.picture img')
      .waitFor()
    await line.getByText('has been fetched').waitFor()
    expect(await line.getByRole('button').count()).toBe(0)
    expect(await line.count()).toBe(1)
  })

  it('where no modem has picture messages the composer says that it cannot leave so', async () => {
    await page.route('**/api/v1/modems', async (route) => {
      const response = await route.fetch()
      const body = (await response.json()) as { data: object[] }
      await route.fulfill({ response, json: { ...body, data: body.data.map((modem) => ({ ...modem, mms: null })) } })
    })
    await page.reload()
    await page.locator('.composer.sms').waitFor()
    await page.getByRole('button', { name: 'Add a subject' }).waitFor({ state: 'detached' })
    const buffer = await drawn(80, 60).jpeg().toBuffer()
    await page.locator('input[type=file]').setInputFiles({ name: 'small.jpg', mimeType: 'image/jpeg', buffer })
    await page.locator('.composer.mms').getByRole('status').filter({ hasText: 'no modem here is set up' }).waitFor()
    await both('composer-no-mms')
    expect(await new Axe().findings(page, false)).toEqual([])
    await page.unroute('**/api/v1/modems')
  })
})
