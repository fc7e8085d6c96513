/** What people decide, in real Chromium: fallback, modem, a text at once, the queue, groups, and webhooks. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { judge } from './kit/judge.ts'
import { Axe, chromiumPath, picture } from './kit/stage.ts'
import { at, page, stage, useWalk } from './kit/walk.ts'

const simulate = (action: Record<string, unknown>) => stage.house.api.call('POST', '/api/v1/simulator/actions', action)
const person = (key: string) => stage.house.world.person(key)
const thread = async (key: string) => at(`/c/${await stage.conversationWith(person(key).number)}`)

describe.skipIf(chromiumPath === undefined)('decisions in the inbox', () => {
  useWalk('failed-decisions', { modems: 2 })

  it('fallback is changed with what follows in words, holds over a restart, and goes back to the file', async () => {
    await page.goto(at('/settings/fallback'))
    await page.getByText('As the configuration file says.').nth(2).waitFor()
    await page.getByLabel('Wait for a receipt over Signal').selectOption('PT5M')
    await page.getByText('Set here. The configuration file says: 15 minutes.').waitFor()
    await page
      .locator('.note-box', { hasText: 'waits 5 minutes. Without a receipt it is then sent as a text' })
      .waitFor()
    await page.getByLabel('People without a choice of their own').selectOption('ask')
    await page.locator('.note-box', { hasText: 'you are then asked' }).waitFor()
    await judge(page, 'settings-fallback')
    stage.expectCuts = true
    await stage.house.kill()
    await stage.house.start()
    await stage.house.modemsReady()
    await page.reload()
    await page.getByText('Set here. The configuration file says: 15 minutes.').waitFor()
    stage.expectCuts = false
    await page.getByRole('button', { name: 'Use the file’s' }).first().click()
    await page.getByText('Set here. The configuration file says: 15 minutes.').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Use the file’s' }).click()
    await page.getByText('As the configuration file says.').nth(2).waitFor()
    await stage.house.signalConnected()
  })

  it('of two modems one is chosen for a text, and the message says so afterwards', async () => {
    const { data } = await stage.house.api.call<{ data: { id: string; label: string | null }[] }>(
      'GET',
      '/api/v1/modems',
    )
    const second = data[1]
    await page.goto(await thread('ben'))
    await page.getByLabel('Text goes through').selectOption(second?.id ?? '')
    const field = page.getByRole('textbox', { name: 'Text message – not encrypted' })
    await field.fill('From the second card')
    await picture(page, 'modem-choice-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await field.press('Enter')
    const entry = page.locator('.entry.ours.sms', { hasText: 'From the second card' })
    await entry.locator('.tick.delivered').waitFor()
    const sent = (await stage.house.messages('&direction=out')).find(({ text }) => text === 'From the second card')
    expect(sent).toMatchObject({ lane: second?.id, modem: second?.id })
    await page.goto(`${await thread('ben')}/info/${sent?.id}`)
    await page.getByText(`Only through ${second?.label ?? second?.id}, as chosen.`).waitFor()
  })

  it('without a receipt a text is sent at once, after a warning; the ledger says that both may arrive', async () => {
    const { house } = stage
    person('ana').signal?.goOffline()
    const id = await house.send(person('ana').number, 'The kettle is on fire')
    await house.reaches(id, 'sent')
    await page.goto(await thread('ana'))
    const entry = page.locator(`[data-message="${id}"]`)
    await entry.hover()
    await entry.locator('.entry-menu').click()
    await page.getByRole('menuitem', { name: 'Send as text now' }).click()
    const dialog = page.getByRole('dialog', { name: 'Send as text now' })
    expect(await dialog.textContent()).toContain('then they get it twice')
    await picture(page, 'send-text-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await dialog.getByRole('button', { name: 'Send as text' }).click()
    await entry.locator('.note.fallback', { hasText: 'it may arrive twice' }).waitFor()
    await house.reaches(id, 'delivered')
    expect((await house.attempts(id)).map(({ transport }) => transport)).toEqual(['signal', 'sms'])
    person('ana').signal?.goOnline()
    await house.eventually('the late receipt is noted', async () => {
      return (await house.api.call<{ twin: unknown }>('GET', `/api/v1/messages/${id}`)).twin !== null
    })
  })

  it('what is held, failed or waits for a captcha stands in the queue with its reason; it is tried again and taken back', async () => {
    const { house } = stage
    for (const modem of ['a', 'b']) await simulate({ action: 'cms-error', modem, code: 1 })
    const failed = await house.send(person('ben').number, 'It will fail at first')
    await house.reaches(failed, 'failed')
    for (const modem of ['a', 'b']) await simulate({ action: 'clear-faults', modem })
    await person('dev').signal?.reinstall()
    await person('dev').signal?.sendText(house.world.gatewayNumber, 'A new phone')
    await house.eventually('the safety number has changed', async () => {
      return (await house.contact(person('dev').number))['identity_changed_at'] !== null
    })
    const held = await house.send(person('dev').number, 'It waits for the number')
    await house.reaches(held, 'held')
    house.world.server.faults.demandCaptcha('captcha-token')
    const puzzled = await house.send(person('ana').number, 'It waits for a puzzle')
    await house.reaches(puzzled, 'held')
    await page.goto(at('/queue'))
    const row = (text: string) => page.locator('.queue li', { hasText: text })
    for (const [text, reason] of [
      ['It will fail at first', /failed/i],
      ['It waits for the number', /safety number of this person has changed/],
      ['It waits for a puzzle', /captcha/],
    ] as const) {
      await row(text).waitFor()
      expect(await row(text).textContent()).toMatch(reason)
      expect(await row(text).textContent()).not.toMatch(/\+CM[SE]|^\s+at /m)
    }
    await page.locator('.counts li', { hasText: '1 failed' }).filter({ hasText: 'SMS' }).waitFor()
    await page
      .locator('.counts li', { hasText: /oldest: \d+ minutes?/ })
      .first()
      .waitFor()
    await page.getByRole('status').getByRole('link', { name: 'Solve the puzzle' }).waitFor()
    await picture(page, 'queue-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await row('It will fail at first').getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Try again' }).click()
    await house.reaches(failed, 'delivered')
    await row('It will fail at first').waitFor({ state: 'detached' })
    await row('It waits for the number').getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Take back' }).click()
    await house.reaches(held, 'canceled')
    await row('It waits for the number').waitFor({ state: 'detached' })
    const token = 'signalcaptcha://signal-hcaptcha.x.challenge.y'
    await house.api.call('POST', '/api/v1/signal/challenge', { token })
    await house.reaches(puzzled, 'delivered')
    await page.locator('.queue li').first().waitFor({ state: 'detached' })
    await page.locator('.needs').waitFor({ state: 'detached' })
  })

  it('a modem that is gone is said on every screen, with the way to its card, until it is back', async () => {
    await page.goto(await thread('ben'))
    await simulate({ action: 'unplug', modem: 'b' })
    const needs = page.locator('.needs')
    await needs.waitFor()
    expect(await needs.locator('li').count()).toBe(1)
    await judge(page, 'needs')
    await needs.getByRole('link', { name: 'Modems' }).click()
    await page.locator('.modem .state.bad').waitFor()
    expect(await needs.count()).toBe(0)
    await simulate({ action: 'plug', modem: 'b' })
    await stage.house.modemsReady()
    await page.goto(await thread('ben'))
    await page.locator('.composer textarea').waitFor()
    await needs.waitFor({ state: 'detached' })
  })

  it('a person has a fallback time of their own, where a text may follow Signal at all', async () => {
    await page.goto(`${await thread('ben')}/about`)
    const wait = page.getByLabel('Wait for a receipt over Signal')
    await wait.getByText('As in the settings: 15 minutes').waitFor({ state: 'attached' })
    const saved = async (act: () => Promise<unknown>) => {
      const answer = page.waitForResponse(
        (reply) => reply.request().method() === 'PATCH' && reply.url().includes('/api/v1/contacts/'),
      )
      await act()
      return (await (await answer).json()) as { fallback_after: string | null }
    }
    expect(await saved(() => wait.selectOption('PT5M'))).toMatchObject({ fallback_after: 'PT5M' })
    const never = page.getByText('Only where Signal is tried first and a text may follow.')
    await saved(() => page.getByText('Never in plain text.').click())
    await never.waitFor()
    expect(await wait.isDisabled()).toBe(true)
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'contact-fallback-1280-light')
    await saved(() => page.getByText('Signal where it arrives, else a text message.').click())
    await never.waitFor({ state: 'detached' })
    expect(await wait.inputValue()).toBe('PT5M')
    expect(await saved(() => wait.selectOption(''))).toMatchObject({ fallback_after: null })
  })

  it('a safety number says what became of it, and by whose word', async () => {
    await page.goto(`${await thread('dev')}/about`)
    await page.getByRole('button', { name: 'Mark as verified' }).click()
    const lines = page.locator('.safety .lines li')
    await lines.filter({ hasText: 'Verified by' }).waitFor()
    const told = (await lines.allTextContents()).map(
      (text) => /Verified|New one accepted|Changed|First seen/.exec(text)?.[0],
    )
    expect(told).toEqual(['Verified', 'New one accepted', 'Changed', 'First seen'])
    await picture(page, 'safety-history-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
  })

  it('a message is removed or taken back after a second press, which leaving the entry takes back', async () => {
    const { house } = stage
    const open = async (key: string, id: string) => {
      await page.goto(await thread(key))
      const entry = page.locator(`[data-message="${id}"]`)
      await entry.hover()
      await entry.locator('.entry-menu').click()
      return entry
    }
    const asked = page.getByRole('menuitem', { name: /^Really\?/ })
    const text = await house.send(person('ben').number, 'To be removed')
    await house.reaches(text, 'delivered')
    const entry = await open('ben', text)
    await page.getByRole('menuitem', { name: 'Remove for me' }).click()
    expect(await asked.getAttribute('aria-label')).toBe('Really? Remove for me')
    await page.getByRole('status').filter({ hasText: 'Really? Remove for me' }).waitFor({ state: 'attached' })
    await picture(page, 'remove-asks-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await page.keyboard.press('ArrowUp')
    await asked.waitFor({ state: 'detached' })
    await page.getByRole('menuitem', { name: 'Remove for me' }).click()
    await asked.click()
    await entry.waitFor({ state: 'detached' })

    const letter = await house.send(person('ana').number, 'To be taken back')
    await house.reaches(letter, 'delivered')
    await open('ana', letter)
    await page.getByRole('menuitem', { name: 'Take back for everybody' }).focus()
    await page.keyboard.press('Enter')
    await asked.waitFor()
    await page.keyboard.press('Enter')
    await house.eventually('it is taken back', async () => {
      const { deleted_at: at } = await house.api.call<{ deleted_at: unknown }>('GET', `/api/v1/messages/${letter}`)
      return at !== null
    })
  })

  it('picture messages are tried from the card of a modem, which also says what to write where several carriers fit', async () => {
    await page.goto(at('/settings/modems'))
    const card = page.locator('.card.modem').first()
    await card.getByRole('button', { name: 'Try picture messages' }).click()
    await card.getByRole('button', { name: 'It may cost one message. Try now?' }).click()
    await card.getByRole('status').filter({ hasText: 'Picture messages work.' }).waitFor({ timeout: 90_000 })
    expect(await card.locator('.mms-card ol li').count()).toBeGreaterThan(4)
    expect(await card.locator('.mms-card ol').textContent()).toContain('✓ Fetched')
    await card.locator('.mms-card ol').scrollIntoViewIfNeeded()
    await picture(page, 'modem-mms-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    const candidates = [
      { id: 'gb-one', name: 'One' },
      { id: 'gb-two', name: 'Two' },
    ]
    await page.route('**/api/v1/modems', async (route) => {
      const response = await route.fetch()
      const { data } = (await response.json()) as { data: { mms: object | null }[] }
      const mms = { available: false, reason: 'several carriers fit its SIM', candidates }
      await route.fulfill({ response, json: { data: data.map((one) => ({ ...one, mms: { ...one.mms, ...mms } })) } })
    })
    await page.reload()
    await card.getByText('carrier: gb-two').waitFor()
    expect(await card.getByRole('button', { name: 'Try picture messages' }).count()).toBe(0)
    await judge(page, 'modem-mms-candidates', card.getByText('carrier: gb-two'))
    await page.unroute('**/api/v1/modems')
  })

  it('a group gets another name and a picture, and is left after a second word', async () => {
    const { house } = stage
    const { conversation_id: conversation } = await house.api.call<{ conversation_id: string }>(
      'POST',
      '/api/v1/groups',
      {
        kind: 'signal',
        title: 'Garden',
        members: [person('ana').number],
      },
    )
    await page.goto(at(`/c/${conversation}/about`))
    const sheet = page.locator('.group-sheet')
    await sheet.getByLabel('Name of the group').fill('Orchard')
    await sheet.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 2, name: 'Orchard' }).waitFor()
    await page.locator('a.row', { hasText: 'Orchard' }).waitFor()
    await sheet
      .getByLabel('Picture')
      .setInputFiles({ name: 'tree.png', mimeType: 'image/png', buffer: await page.screenshot() })
    const cropping = page.getByRole('dialog')
    await cropping.getByLabel('Zoom').press('ArrowRight')
    await cropping.getByRole('button', { name: 'Use this picture' }).press('Enter')
    const shown = page.locator('.panel .avatar.large img')
    await shown.waitFor()
    await house.eventually('the picture is drawn', () =>
      page.evaluate("document.querySelector('.panel .avatar.large img').naturalWidth > 0"),
    )
    await picture(page, 'group-sheet-1280-light')
    await sheet.getByRole('button', { name: 'Leave group' }).click()
    await sheet.getByRole('button', { name: 'Leave now?' }).click()
    await sheet.getByText('You are not in this group any more.').waitFor()
    expect(await sheet.getByRole('button', { name: 'Leave group' }).count()).toBe(0)
  })

  it('a person is deleted after words that say what goes and what stays', async () => {
    const echo = person('echo')
    const { id } = await stage.house.contact(echo.number)
    await page.goto(`${await thread('echo')}/about`)
    await page.getByRole('button', { name: 'Delete this person' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('in groups their messages stay').waitFor()
    await judge(page, 'delete-person')
    await dialog.getByRole('button', { name: 'Delete this person' }).press('Enter')
    await page.waitForURL(/#\/$/)
    await page.locator('a.row', { hasText: 'Echo' }).waitFor({ state: 'detached' })
    await expect(stage.house.api.call('GET', `/api/v1/contacts/${id}`)).rejects.toThrow()
  })

  it('a webhook is delivered once more under the same id, paused, and taken up again', async () => {
    const listener = await Listener.open()
    await page.goto(at('/settings/integrations'))
    await page.getByLabel('Address').fill(listener.url)
    await page.getByRole('button', { name: 'New webhook' }).click()
    await page.locator('.secret').getByRole('button', { name: 'Close' }).click()
    const webhook = page.locator('.webhook')
    await webhook.getByRole('button', { name: 'Test' }).click()
    const delivery = webhook.locator('.lines li', { hasText: 'webhook.test' })
    await delivery.waitFor()
    await stage.house.eventually('the test has come', () => listener.ids.length === 1)
    const refreshed = async () => {
      await webhook.getByRole('button', { name: 'Refresh' }).click()
      return await delivery.getByText('Delivered').isVisible()
    }
    await stage.house.eventually('it is said to be delivered', refreshed)
    await delivery.getByRole('button', { name: 'Try again' }).click()
    await stage.house.eventually('it has come again', () => listener.ids.length === 2)
    expect(new Set(listener.ids).size).toBe(1)
    await webhook.getByRole('button', { name: 'Pause' }).click()
    await webhook.locator('.state.bad', { hasText: 'paused' }).waitFor()
    await picture(page, 'webhook-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await stage.house.world.phone('ben').send(stage.house.world.gatewayNumber, 'While it is paused')
    await stage.house.eventually('it has come', async () =>
      (await stage.house.messages('&direction=in')).some(({ text }) => text === 'While it is paused'),
    )
    expect(listener.ids).toHaveLength(2)
    await webhook.getByRole('button', { name: 'Go on' }).click()
    await webhook.locator('.state.good', { hasText: 'working' }).waitFor()
    await stage.house.world.phone('ben').send(stage.house.world.gatewayNumber, 'After that')
    await stage.house.eventually('it is told again', () => listener.ids.length > 2)
    await webhook.getByRole('button', { name: 'Remove' }).click()
    await webhook.getByRole('button', { name: 'Really?' }).click()
    await webhook.waitFor({ state: 'detached' })
    await listener.close()
  })
})

/** Takes webhooks, and remembers their ids. */
class Listener {
  readonly ids: string[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      this.ids.push(String(request.headers['webhook-id']))
      request.resume().once('end', () => response.writeHead(204).end())
    })
  }

  static async open(): Promise<Listener> {
    const listener = new Listener()
    await new Promise<void>((resolve) => listener.#server.listen(0, '127.0.0.1', resolve))
    return listener
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
