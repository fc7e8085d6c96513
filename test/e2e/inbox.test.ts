/** The scenes of the main job, walked through the screen in real Chromium, by pointer and by keyboard. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './kit/judge.ts'
import { type Cast, PLAIN_WORDS, screens } from './kit/screens.ts'
import { chromiumPath, picture, Stage } from './kit/stage.ts'

let stage: Stage
let page: Page
let ana: string
let ben: string
let fallen: string

describe.skipIf(chromiumPath === undefined)('the inbox in Chromium', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    const { house } = stage
    await stage.greet()
    ana = await stage.conversationWith(house.world.person('ana').number)
    ben = await stage.conversationWith(house.world.person('ben').number)
    page = await stage.enterAsAdmin()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed')
    expect(stage.complaints).toEqual([])
  })

  it('lists everybody, with what was said last and over what', async () => {
    await page.getByRole('link', { name: /Ana/ }).waitFor()
    // The five, and the service that sent the verification code.
    await expect.poll(() => page.locator('a.row').count()).toBe(6)
    expect(await page.locator('a.row', { hasText: 'Ana' }).textContent()).toContain('Wants to write to you')
    expect(await page.locator('a.row', { hasText: 'Ben' }).locator('.transport.sms').count()).toBe(1)
    await picture(page, 'list-1280-light')
  })

  it('to Ana it goes over Signal, and says so before and after', async () => {
    await page.getByRole('link', { name: /Ana/ }).click()
    await page.getByRole('heading', { name: 'Somebody new writes over Signal' }).waitFor()
    await picture(page, 'request-1280-light')
    await page.getByRole('button', { name: 'Accept' }).click()
    const field = page.getByRole('textbox', { name: 'Signal message' })
    await field.fill('See you at eight')
    await page.getByRole('button', { name: 'Send Signal message' }).click()
    const bubble = page.locator('.entry.ours.signal', { hasText: 'See you at eight' })
    await bubble.locator('.tick.delivered').waitFor()
    expect(await bubble.count()).toBe(1)
    expect(await field.inputValue()).toBe('')
    await stage.house.eventually('Ana has it once', () => {
      const texts = stage.house.world.person('ana').signal?.texts ?? []
      return texts.filter(({ text }) => text === 'See you at eight').length === 1
    })
  })

  it('to Ben it goes as a text, counted, with the character that costs most', async () => {
    await page.getByRole('link', { name: /Ben/ }).click()
    const field = page.getByRole('textbox', { name: 'Text message – not encrypted' })
    await field.fill('Look – here')
    const counter = page.locator('.counter')
    expect(await counter.textContent()).toContain('UCS-2')
    expect(await counter.locator('.forced').textContent()).toBe('–')
    await picture(page, 'composer-sms-1280-light')
    await counter.getByRole('button').click()
    expect(await field.inputValue()).toBe('Look - here')
    await field.press('Enter')
    await page.locator('.entry.ours.sms .tick.delivered').waitFor()
    expect(await page.locator('.entry.ours.sms').last().locator('.transport').textContent()).toContain('SMS')
  })

  it('the keyboard alone opens a conversation, answers a message and looks into it', async () => {
    await page.goto(`${stage.url}/#/`)
    await page.locator('a.row').first().waitFor()
    await page.locator('body').press('/')
    expect(await page.evaluate('document.activeElement.id')).toBe('search')
    await page.keyboard.press('Escape')
    await page.locator('.rows').focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate('document.activeElement.className')).toContain('row')
    const name = await page.locator('a.row:focus .row-name').textContent()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 2, name: name ?? '' }).waitFor()
    await page.goto(`${stage.url}/#/c/${ana}`)
    await page.locator('.entry.ours', { hasText: 'See you at eight' }).waitFor()
    await page.locator('.log').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('r')
    await page.locator('.composer-quote', { hasText: 'See you at eight' }).waitFor()
    await page.keyboard.type('Bring the key')
    await page.keyboard.press('Enter')
    await page.locator('.entry.ours.signal', { hasText: 'Bring the key' }).locator('.tick.delivered').waitFor()
    expect(await page.locator('.entry .quote', { hasText: 'See you at eight' }).count()).toBe(1)
    await page.locator('.log').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('i')
    await page.locator('.timeline').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.timeline').waitFor({ state: 'detached' })
  })

  it('offline: the message falls back, the note says so, and the ledger answers why', async () => {
    const { house } = stage
    const person = house.world.person('ana')
    person.signal?.goOffline()
    fallen = await house.send(person.number, 'The door code is new', { fallback_after: 'PT5S' })
    const entry = page.locator(`[data-message="${fallen}"]`)
    await entry.locator('.note.fallback').waitFor()
    expect(await entry.getAttribute('class')).toContain('sms')
    await picture(page, 'fallback-1280-light')
    await entry.getByRole('button', { name: 'Why?' }).click()
    const steps = page.locator('.timeline li')
    await steps.filter({ hasText: 'Went on as a text message' }).waitFor()
    await steps.filter({ hasText: 'Signal took it' }).waitFor()
    await steps.filter({ hasText: 'Text message by' }).filter({ hasText: 'no delivery receipt over Signal' }).waitFor()
    await picture(page, 'ledger-1280-light')
    await person.signal?.goOnline()
    await page.keyboard.press('Escape')
  })

  it('a picture is handed in, sent over Signal, and opens large', async () => {
    await page.goto(`${stage.url}/#/c/${ana}`)
    await page.locator('input[type=file]').setInputFiles({
      name: 'dot.png',
      mimeType: 'image/png',
      buffer: Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
        'base64',
      ),
    })
    await page.locator('.tray-file', { hasText: 'dot.png' }).locator('img, svg').first().waitFor()
    await page.getByRole('button', { name: 'Send Signal message' }).click()
    const pictureButton = page.locator('.entry.ours .picture')
    await pictureButton.click()
    await page.locator('dialog.lightbox img').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  it('a changed safety number blocks the composer until somebody decides', async () => {
    const { house } = stage
    const dev = await stage.conversationWith(house.world.person('dev').number)
    await house.api.call('POST', `/api/v1/conversations/${dev}/accept`)
    await house.world.person('dev').signal?.reinstall()
    await house.world.person('dev').signal?.sendText(house.world.gatewayNumber, 'New phone')
    await page.goto(`${stage.url}/#/c/${dev}`)
    const card = page.getByRole('region', { name: 'The safety number has changed' })
    await card.waitFor()
    expect(await page.locator('.composer').count()).toBe(0)
    await picture(page, 'identity-1280-light')
    await card.getByRole('button', { name: 'Compare safety number' }).click()
    await page.locator('.digits span').nth(11).waitFor()
    expect(await page.locator('.digits span').count()).toBe(12)
    await picture(page, 'about-1280-light')
    await card.getByRole('button', { name: 'Accept the new number' }).click()
    await page.locator('.composer').waitFor()
  })

  it('who has left Signal gets a banner, and is asked for again', async () => {
    const { house } = stage
    const chloe = house.world.person('chloe')
    const id = await house.send(chloe.number, 'Are you there?')
    await house.reaches(id, 'delivered')
    await page.goto(`${stage.url}/#/c/${await stage.conversationWith(chloe.number)}`)
    await page.locator('.entry.ours.sms').waitFor()
    await page.locator('.banner', { hasText: 'seems to have left Signal' }).waitFor()
    await picture(page, 'stale-1280-light')
  })

  it('every screen, wide and narrow, light and dark, is without findings', async () => {
    const cast = await castNow()
    for (const screen of screens) {
      await page.goto(`${stage.url}/#${screen.place(cast)}`)
      await page.locator(screen.ready).first().waitFor()
      await screen.act?.(page)
      await judge(page, screen.name)
      await page.keyboard.press('Escape')
    }
    const door = await stage.page(await stage.window({ as: null }))
    await door.locator('.door-card').waitFor()
    await judge(door, 'signed-out')
    await door.context().close()
  })

  it('no word on any screen is in no catalogue', async () => {
    const pseudo = await stage.window({ language: 'qps' })
    let page = await stage.page(pseudo)
    const plain: Record<string, unknown> = {}
    const look = async (name: string) => {
      const found = (await page.evaluate(PLAIN_WORDS)) as string[]
      if (found.length > 0) plain[name] = found
    }
    const cast = await castNow()
    for (const screen of screens) {
      await page.goto(`${stage.url}/#${screen.place(cast)}`)
      await page.locator(screen.ready).first().waitFor()
      await screen.act?.(page)
      await look(screen.name)
      if (screen.name === 'about') await picture(page, 'about-1280-pseudo')
      await page.keyboard.press('Escape')
    }
    await pseudo.close()
    const outside = await stage.window({ language: 'qps', as: null })
    page = await stage.page(outside)
    await page.locator('.door-card').waitFor()
    await look('signed-out')
    await outside.close()
    expect(plain).toEqual({})
  })

  it('in Arabic it reads from right to left, and nothing hangs over', async () => {
    const arabic = await stage.window({ language: 'ar' })
    const page = await stage.page(arabic, `/c/${ana}/about`)
    await page.locator('.digits span').first().waitFor()
    expect(await page.evaluate('document.documentElement.dir')).toBe('rtl')
    const [list, panel] = [page.locator('.list-pane'), page.locator('.panel')]
    expect((await list.boundingBox())?.x).toBeGreaterThan((await panel.boundingBox())?.x ?? 0)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await picture(page, 'about-1280-arabic')
    await arabic.close()
  })

  it('a reload loses no draft', async () => {
    await page.goto(`${stage.url}/#/c/${ben}`)
    const field = page.getByRole('textbox', { name: 'Text message – not encrypted' })
    await field.fill('Half a thought')
    await page.reload()
    await field.waitFor()
    expect(await field.inputValue()).toBe('Half a thought')
    await field.fill('')
  })

  it('gateway killed and restarted while somebody watches: nothing missing, nothing doubled', async () => {
    const { house } = stage
    await page.goto(`${stage.url}/#/c/${ben}`)
    await page.locator('.entry').first().waitFor()
    stage.expectCuts = true
    await house.kill()
    await page.locator('.strip .offline').waitFor()
    const field = page.getByRole('textbox', { name: 'Text message – not encrypted' })
    await field.fill('Written while it was away')
    await field.press('Enter')
    await page.locator('.bubble.pending').waitFor()
    await page.reload()
    await page.locator('body').waitFor()
    house.world.phone('ben').send(house.world.gatewayNumber, 'Sent while it was away')
    await house.start()
    await house.modemsReady()
    await page.locator('.entry.theirs', { hasText: 'Sent while it was away' }).waitFor()
    await page.locator('.entry.ours', { hasText: 'Written while it was away' }).locator('.tick.delivered').waitFor()
    expect(await page.locator('.entry', { hasText: 'Sent while it was away' }).count()).toBe(1)
    expect(await page.locator('.entry', { hasText: 'Written while it was away' }).count()).toBe(1)
    const left = (await house.messages('&direction=out')).filter(({ text }) => text === 'Written while it was away')
    expect(left).toHaveLength(1)
    stage.expectCuts = false
  })
})

/** Who is who, with a safety number of Dev's that wants a decision. */
async function castNow(): Promise<Cast> {
  const { house } = stage
  const of = (key: string) => stage.conversationWith(house.world.person(key).number)
  const { number, signal } = house.world.person('dev')
  if ((await house.contact(number))['identity_changed_at'] === null) {
    await signal?.reinstall()
    await signal?.sendText(house.world.gatewayNumber, 'Another phone')
    await house.eventually(
      'the safety number has changed',
      async () => (await house.contact(number))['identity_changed_at'] !== null,
    )
  }
  return { ana, ben, chloe: await of('chloe'), dev: await of('dev'), echo: await of('echo'), fallen }
}
