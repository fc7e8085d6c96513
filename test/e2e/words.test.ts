/** What the gateway says of itself, in the language of the inbox and not in its own: refusals, reasons, lines nobody wrote. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WorldConsole } from '../../src/sandbox/world-console.ts'
import { chromiumPath, NARROW, picture, Stage, WIDE } from './kit/stage.ts'

/** Nobody listens there (RFC 863's port, which no machine of today serves). */
const NOBODY = 'http://127.0.0.1:9/'

/** All of a long screen in one picture. */
const TALL = { ...WIDE, height: 2_400 }

let stage: Stage
let page: Page

const at = (place: string) => `${stage.url}/#${place}`
const simulate = (action: Record<string, unknown>) => stage.house.api.call('POST', '/api/v1/simulator/actions', action)
const person = (key: string) => stage.house.world.person(key)

describe.skipIf(chromiumPath === undefined)('what the gateway says, where German is read', () => {
  beforeAll(async () => {
    stage = await Stage.open({ modems: 2 })
    await stage.greet()
    const door = await stage.page(await stage.window())
    await stage.setUp(door)
    await door.context().close()
    page = await stage.page(await stage.window({ language: 'de' }))
    await page.locator('.shell').waitFor()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-words')
    // The browser notes each refusal on its own account.
    expect(stage.complaints.filter((complaint) => !complaint.includes('status of 4'))).toEqual([])
  })

  it('a refusal says what to do, and has the gateway’s own words within reach', async () => {
    await page.goto(at('/settings/users'))
    const form = page.locator('.small-form').filter({ hasText: 'Person hinzufügen' })
    await form.locator('input[name=name]').fill('Robin')
    await form.locator('input[name=password]').fill('a long enough one')
    await form.getByRole('button').click()
    const words = form.locator('.problem p', { hasText: 'Jemanden mit diesem Namen gibt es schon.' })
    await words.waitFor()
    expect(await words.getAttribute('title')).toContain('somebody called Robin')
    await picture(page, 'settings-users-1280-german')
  })

  it('a webhook says why a delivery was not taken', async () => {
    await page.goto(at('/settings/integrations'))
    await page.locator('input[name=url]').fill(NOBODY)
    await page.getByRole('button', { name: 'Neuer Webhook' }).click()
    const webhook = page.locator('.webhook')
    await webhook.getByRole('button', { name: 'Testen' }).click()
    const failed = webhook.locator('.lines li', { hasText: 'Dort hört niemand zu.' })
    await expect
      .poll(async () => {
        await webhook.getByRole('button', { name: 'Aktualisieren' }).click()
        return failed.count()
      })
      .toBeGreaterThan(0)
    await page.reload()
    await webhook.locator('.state.bad', { hasText: 'Dort hört niemand zu.' }).waitFor()
    await picture(page, 'settings-integrations-1280-german')
  })

  it('a modem whose SIM refuses texts says what becomes of them', async () => {
    await simulate({ action: 'cms-error', modem: 'a', code: 310 })
    const body = { to: person('ben').number, text: 'Hello', policy: 'sms_only', modem: await modemId() }
    await stage.house.api.call('POST', '/api/v1/messages', body)
    await page.goto(at('/settings/modems'))
    await expect
      .poll(async () => {
        await page.reload()
        await page.locator('.card.modem').first().waitFor()
        return page.locator('.note', { hasText: 'Sehen Sie nach der SIM' }).count()
      })
      .toBeGreaterThan(0)
    await picture(page, 'settings-modems-1280-german')
  })

  it('the check-up says what was found and what to do, and no English sentence', async () => {
    const { house } = stage
    await house.api.call('POST', '/api/v1/queue/pause', { transport: 'mms' })
    await page.goto(at('/doctor'))
    const paused = page.locator('.finding', { hasText: 'queue.paused' })
    await paused.getByText('Bildnachrichten (MMS) sind angehalten; seit').waitFor()
    await paused.getByText('Setzen Sie sie fort').waitFor()
    const words = (await page.locator('.room-body').textContent()) ?? ''
    expect(words).toMatch(/sind [\d.,]+\sGB frei/)
    const { data } = await house.api.call<{ data: { what: string }[] }>('GET', '/api/v1/system/doctor')
    expect(data.length).toBeGreaterThan(8)
    expect(data.filter(({ what }) => words.includes(what))).toEqual([])
    await page.setViewportSize(TALL)
    await picture(page, 'doctor-1280-german')
    await page.goto(at('/settings/signal'))
    await page.locator('.card').nth(2).waitFor()
    await picture(page, 'settings-signal-1280-german')
    await page.goto(at('/settings/backup'))
    await page.getByRole('button', { name: 'Wiederherstellungsschlüssel anlegen' }).click()
    await page.getByRole('button', { name: 'Schließen' }).click()
    await page.getByRole('button', { name: 'Jetzt sichern' }).click()
    await page.locator('.members a[download]').waitFor()
    await picture(page, 'settings-backup-1280-german')
    await page.setViewportSize(WIDE)
  })

  it('lines that nobody wrote are told in it, too', async () => {
    await new WorldConsole(stage.house.world).perform('call', { modem: 'b', from: 'ben', rings: 1, every_ms: 200 })
    const conversation = await stage.conversationWith(person('ben').number)
    await page.goto(at(`/c/${conversation}`))
    await page.locator('.notice', { hasText: 'Verpasster Anruf' }).waitFor()
    const members = await Promise.all(
      ['ana', 'dev'].map(async (key) => (await stage.house.contact(person(key).number)).id),
    )
    const { conversation_id: group } = await stage.house.api.call<{ conversation_id: string }>(
      'POST',
      '/api/v1/groups',
      {
        title: 'Garten',
        members,
      },
    )
    await page.goto(at(`/c/${group}`))
    await page.locator('.notice', { hasText: 'Sie sind jetzt in der Gruppe „Garten“' }).waitFor()
    await picture(page, 'thread-group-1280-german')
  })

  it.each([
    ['modems', '/settings/modems'],
    ['integrations', '/settings/integrations'],
    ['backup', '/settings/backup'],
    ['signal', '/settings/signal'],
    ['doctor', '/doctor'],
  ])('%s is looked at in Arabic, from right to left', async (name, place) => {
    const context = await stage.window({ language: 'ar', viewport: NARROW })
    const narrow = await stage.page(context, place)
    await narrow.locator('.card').first().waitFor()
    expect(await narrow.evaluate('document.documentElement.dir')).toBe('rtl')
    await picture(narrow, `settings-${name}-390-arabic`)
    await context.close()
  })
})

async function modemId(): Promise<string> {
  const { data } = await stage.house.api.call<{ data: { id: string }[] }>('GET', '/api/v1/modems')
  return data[0]?.id ?? ''
}
