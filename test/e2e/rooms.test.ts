/** The screens beside conversations, in real Chromium: groups, settings, queue, check-up, log, simulator, palette, media. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PLAIN_WORDS } from './kit/screens.ts'
import { Axe, chromiumPath, NARROW, picture, Stage, WIDE } from './kit/stage.ts'

let stage: Stage
let context: BrowserContext
let page: Page

const at = (place: string) => `${stage.url}/#${place}`

describe.skipIf(chromiumPath === undefined)('the rooms of the inbox in Chromium', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    const { house } = stage
    await house.world.sayHello()
    await house.eventually('everybody has said hello', async () => (await house.messages('&direction=in')).length >= 5)
    for (const { name, number } of house.world.people) {
      const { id } = await house.contact(number)
      await house.api.call('PATCH', `/api/v1/contacts/${id}`, { name })
      const conversation = await stage.conversationWith(number)
      await house.api.ask('POST', `/api/v1/conversations/${conversation}/accept`)
    }
    const door = await stage.page(await stage.window())
    await stage.setUp(door)
    await door.context().close()
    context = await stage.window()
    page = await stage.page(context)
    await page.locator('.shell').waitFor()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'rooms-failed')
    expect(stage.complaints).toEqual([])
  })

  it('a group of people who are all on Signal is an encrypted one, and says so before it is made', async () => {
    await page.goto(at('/group'))
    await choose('Ana')
    await choose('Dev')
    await page.locator('.kind.signal', { hasText: 'an encrypted group' }).waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('textbox', { name: 'Name of the group' }).fill('Garden')
    await page.getByRole('button', { name: 'Create group' }).click()
    await page.getByRole('heading', { level: 2, name: 'Garden' }).waitFor()
    await page.locator('.pill.signal', { hasText: 'Signal group' }).waitFor()
  })

  it('its sheet shows members and roles, and the link is given and taken back', async () => {
    const { data } = await stage.house.api.call<{ data: { conversation_id: string }[] }>('GET', '/api/v1/groups')
    await page.goto(at(`/c/${data[0]?.conversation_id}/about`))
    // The one that made it is who looks.
    await page.locator('.members li', { hasText: 'You' }).filter({ hasText: 'Admin' }).waitFor()
    await page.getByLabel('Invite link').selectOption('request')
    await page.locator('.code', { hasText: 'signal.group' }).waitFor()
    await page.getByLabel('Invite link').selectOption('off')
    await page.locator('.group-sheet .code').waitFor({ state: 'detached' })
  })

  it('an @ offers its members to keyboard and pointer, and whom the message names is highlighted', async () => {
    const { data } = await stage.house.api.call<{ data: { conversation_id: string; title: string }[] }>(
      'GET',
      '/api/v1/groups',
    )
    const id = data.find(({ title }) => title === 'Garden')?.conversation_id
    await page.goto(at(`/c/${id}`))
    const field = page.locator('.composer textarea')
    await field.fill('dear ')
    await field.pressSequentially('@')
    const list = page.getByRole('listbox', { name: 'Mention somebody' })
    await list.waitFor()
    expect((await list.getByRole('option').allTextContents()).sort()).toEqual(['Ana', 'Dev'])
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'mention-list-1280-light')
    await field.press('Escape')
    await list.waitFor({ state: 'detached' })
    await field.fill('dear ')
    await field.pressSequentially('@d')
    await list.getByRole('option', { name: 'Dev', selected: true }).waitFor()
    await field.press('Enter')
    await list.waitFor({ state: 'detached' })
    expect(await field.inputValue()).toBe('dear @Dev ')
    await field.pressSequentially('and @')
    await list.getByRole('option', { name: 'Ana' }).click()
    await field.press('Home')
    await field.pressSequentially('My ')
    expect(await field.inputValue()).toBe('My dear @Dev and @Ana ')
    await field.press('Control+Enter')
    await page.locator('.mention', { hasText: '@Dev' }).last().waitFor()
    await page.locator('.mention', { hasText: '@Ana' }).last().waitFor()
    const { data: messages } = await stage.house.api.call<{
      data: { text: string; ranges: { start: number; mention?: string }[] }[]
    }>('GET', `/api/v1/messages?conversation_id=${id}&direction=out`)
    const sent = messages.find(({ text }) => text.startsWith('My dear'))
    const ranges = sent?.ranges.map(({ start, mention }) => [start, mention?.length])
    expect(ranges).toEqual([
      [8, 36],
      [17, 36],
    ])
  })

  it('with somebody who is not on Signal it is never a mixture: it says who and asks how', async () => {
    await page.goto(at('/group'))
    await choose('Ana')
    await choose('Ben')
    const verdict = page.locator('.kind.sms')
    await verdict.waitFor()
    expect(await verdict.textContent()).toContain('Not on Signal: Ben.')
    expect(await verdict.textContent()).toContain('nothing in this group is encrypted')
    await picture(page, 'group-kind-1280-light')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('textbox', { name: 'Name of the group' }).fill('Neighbours')
    await page.getByRole('button', { name: 'Create group' }).click()
    await page.getByRole('heading', { level: 2, name: 'Neighbours' }).waitFor()
    expect(await page.locator('.thread-who').textContent()).toContain('not encrypted')
    // The simulated SIM has picture messages, in which everybody may see everybody.
    await page.getByRole('textbox', { name: 'Picture message (MMS) – not encrypted' }).waitFor()
    const { data } = await stage.house.api.call<{ data: { kind: string; texts_apart: boolean | null }[] }>(
      'GET',
      '/api/v1/groups',
    )
    expect(data.map(({ kind, texts_apart: apart }) => [kind, apart]).sort()).toEqual([
      // The simulated SIM has picture messages, so that everybody may see everybody.
      ['phone', false],
      ['signal', null],
    ])
  })

  it('the mode is chosen with what follows from it in words', async () => {
    await page.goto(at('/settings'))
    await page.getByRole('radio', { name: /Texts only/ }).click()
    await stage.house.eventually('the mode has changed', async () => {
      const { mode } = await stage.house.api.call<{ mode: string }>('GET', '/api/v1/settings')
      return mode === 'sms_only'
    })
    await page.getByRole('radio', { name: /Integrated/ }).click()
    await stage.house.eventually('it is as it was', async () => {
      const { mode } = await stage.house.api.call<{ mode: string }>('GET', '/api/v1/settings')
      return mode === 'integrated'
    })
  })

  it('a modem has a card with its signal over time, and is restarted only when asked twice', async () => {
    await page.goto(at('/settings/modems'))
    await page.locator('.modem .plot polyline').first().waitFor({ state: 'attached' })
    expect(await page.locator('.modem').textContent()).toContain('dBm')
    await page.getByRole('button', { name: 'Restart modem' }).click()
    await page.getByRole('button', { name: 'Restart now?' }).click()
    await page.locator('.modem .state.bad').waitFor()
    await stage.house.modemsReady()
    await page.locator('.modem .state.good').waitFor()
  })

  it('a token is shown once, and a webhook tested, with its delivery in the log', async () => {
    await page.goto(at('/settings/integrations'))
    await page.getByLabel('Name', { exact: true }).fill('doorbell')
    await page.getByRole('button', { name: 'New token' }).click()
    expect(await page.locator('.secret .code').textContent()).toMatch(/^cw_/)
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Revoke doorbell' }).click()
    await page.getByRole('button', { name: 'Really?' }).click()
    await page.getByText('doorbell').waitFor({ state: 'detached' })
    await page.getByLabel('Address').fill('http://127.0.0.1:9/nobody')
    await page.getByRole('button', { name: 'New webhook' }).click()
    expect(await page.locator('.secret .code').textContent()).toMatch(/^whsec_/)
    await page.getByRole('button', { name: 'Test' }).click()
    await page.locator('.webhook .lines', { hasText: 'webhook.test' }).waitFor()
  })

  it('what waits stands in the queue, and is taken back from there', async () => {
    const { house } = stage
    const chloe = house.world.person('chloe').number
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    const id = await house.send(chloe, 'Held for you', { schedule_at: tomorrow })
    await house.reaches(id, 'scheduled')
    await page.goto(at('/queue'))
    const row = page.locator('.queue li', { hasText: 'Held for you' })
    await row.waitFor()
    await page.locator('.counts li', { hasText: 'scheduled' }).waitFor()
    await row.getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Take back' }).click()
    await house.reaches(id, 'canceled')
    await row.waitFor({ state: 'detached' })
  })

  it('the queue is paused on its page, the strip says so, and the check-up offers to let it go on', async () => {
    await page.goto(at('/queue'))
    await page.getByText('Pause …').click()
    await page.getByRole('button', { name: 'Pause: SMS' }).click()
    await page.locator('.pauses [role=status]', { hasText: 'SMS' }).waitFor()
    await page.locator('.strip', { hasText: 'Queue paused' }).waitFor()
    await page.goto(at('/doctor'))
    const finding = page.locator('.finding', { hasText: 'queue.paused' })
    await finding.getByRole('button', { name: 'Resume' }).click()
    await finding.waitFor({ state: 'detached' })
    await page.locator('.strip a', { hasText: 'Queue paused' }).waitFor({ state: 'detached' })
  })

  it('quiet hours are set and switched off where the fallback is', async () => {
    await page.goto(at('/settings/fallback'))
    await page.getByLabel('From', { exact: true }).fill('23:15')
    await page.getByRole('button', { name: 'Keep quiet in these hours' }).click()
    await page.getByText('From 23:15 to 07:00').waitFor()
    await page.getByRole('button', { name: 'No quiet hours' }).click()
    await page.getByText('There are none.').waitFor()
  })

  it('the check-up says what is wrong and what to do; the log shows its lines', async () => {
    await page.goto(at('/doctor'))
    await page.locator('.finding').first().waitFor()
    await page.getByRole('button', { name: 'Check again' }).click()
    await page.goto(at('/logs'))
    await page.locator('.log-lines li', { hasText: 'causeway is ready' }).waitFor()
  })

  it('the simulator writes as Ben, and the network can be taken away and given back', async () => {
    await page.goto(at(`/c/${await stage.conversationWith(stage.house.world.person('ben').number)}`))
    await page.getByRole('button', { name: 'You and this browser' }).click()
    await page.getByRole('menuitem', { name: 'Simulator' }).click()
    await page.getByTestId('sim-person-ben').click()
    await page.getByTestId('sim-text').fill('From the drawer')
    await page.getByTestId('sim-send-sms').click()
    await page.locator('.entry.theirs.sms', { hasText: 'From the drawer' }).waitFor()
    await page.getByTestId('sim-tape').getByText('message.received').first().waitFor()
    await page.getByTestId('sim-network-a').click()
    await page.locator('.strip .bars.down').waitFor()
    await page.getByTestId('sim-network-a').click()
    await page.locator('.strip .bars:not(.down)').waitFor()
    await stage.house.modemsReady()
  })

  it('Ctrl-K goes anywhere by a few letters; Ctrl-Shift-T changes how the next message goes', async () => {
    await page.goto(at('/'))
    await page.locator('a.row').first().waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill('chec')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Check-up' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill('Ana')
    await picture(page, 'palette-1280-light')
    await page.keyboard.press('Enter')
    await page.locator('.composer.signal').waitFor()
    await page.keyboard.press('Control+Shift+T')
    await page.locator('.composer.sms').waitFor()
    await page.keyboard.press('Control+Shift+T')
    await page.locator('.composer.signal').waitFor()
  })

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

  it('every room, wide and narrow, light and dark, is without findings', async () => {
    const axe = new Axe()
    const findings: Record<string, readonly string[]> = {}
    for (const [name, place, ready] of await rooms()) {
      await page.goto(at(place))
      await page.locator(ready).first().waitFor()
      for (const [size, viewport] of [
        ['1280', WIDE],
        ['390', NARROW],
      ] as const) {
        await page.setViewportSize(viewport)
        for (const theme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme: theme })
          await picture(page, `${name}-${size}-${theme}`)
          if (size === '1280') findings[`${name} ${theme}`] = await axe.findings(page, theme === 'dark')
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        }
      }
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize(WIDE)
    }
    expect(Object.fromEntries(Object.entries(findings).filter(([, found]) => found.length > 0))).toEqual({})
  })

  it('no word in any room is in no catalogue', async () => {
    const pseudo = await stage.window({ language: 'qps' })
    const page = await stage.page(pseudo)
    const plain: Record<string, unknown> = {}
    for (const [name, place, ready] of await rooms()) {
      await page.goto(at(place))
      await page.locator(ready).first().waitFor()
      const found = (await page.evaluate(PLAIN_WORDS)) as string[]
      if (found.length > 0) plain[name] = found
    }
    await pseudo.close()
    expect(plain).toEqual({})
  })

  it('who is no administrator sees no way to change the box', async () => {
    const viewer = await stage.enter('Vera', 'viewer')
    await viewer.locator('.shell').waitFor()
    await viewer.goto(at('/settings/integrations'))
    await viewer.locator('fieldset[disabled]').waitFor()
    expect(await viewer.getByRole('link', { name: 'Programs' }).count()).toBe(0)
    await viewer.getByRole('button', { name: 'You and this browser' }).click()
    expect(await viewer.getByRole('menuitem', { name: 'Simulator' }).count()).toBe(0)
    expect(await viewer.getByRole('menuitem', { name: 'Log' }).count()).toBe(0)
    await viewer.context().close()
  })

  it('an address book is looked at before it is taken in; who is one person is joined in the sheet, and taken apart', async () => {
    await page.goto(at('/settings/book'))
    const book = {
      name: 'book.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('Name,Phone\nZoe,+15550000777\nPolice,112\n'),
    }
    await page.getByLabel('File', { exact: true }).setInputFiles(book)
    await page.getByRole('status').filter({ hasText: 'Would be: 1 new, 0 changed, 0 as before, 1 refused.' }).waitFor()
    await page.getByRole('button', { name: 'Take in' }).click()
    await page.getByRole('status').filter({ hasText: 'Done: 1 new' }).waitFor()
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'address-book-1280-light')
    const { api } = stage.house
    const account = { address: 'signal:d0000000-0000-4000-8000-000000000777', name: 'Zoe on Signal' }
    await api.call('POST', '/api/v1/contacts', account)
    await api.call('POST', '/api/v1/contacts', { address: '+15550000777' })
    const id = await stage.conversationWith('+15550000777')
    await page.goto(at(`/c/${id}/about`))
    await page.getByRole('button', { name: 'The same person as' }).press('Enter')
    const asking = page.getByRole('dialog')
    await asking.getByRole('radio', { name: 'Zoe on Signal' }).press('Space')
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'join-people-1280-light')
    await asking.getByRole('button', { name: 'Make them one' }).press('Enter')
    await page.getByRole('button', { name: 'Not the same person' }).click()
    await asking.getByRole('radio', { name: 'The Signal account is somebody else' }).check()
    await asking.getByRole('button', { name: 'Take apart' }).click()
    await page.getByRole('button', { name: 'The same person as' }).waitFor()
    await page.getByRole('button', { name: 'Delete the conversation' }).click()
    await page.getByRole('button', { name: 'Delete it on your devices?' }).click()
    await page.waitForURL(/#\/$/)
  })

  it('whoever is removed and banned stands there as banned, until the ban is lifted', async () => {
    const dev = stage.house.world.people.find(({ name }) => name === 'Dev')?.number ?? ''
    const shed = await stage.house.api.call<{ conversation_id: string }>('POST', '/api/v1/groups', {
      title: 'Shed',
      members: [dev],
    })
    await page.goto(at(`/c/${shed.conversation_id}/about`))
    const row = page.locator('.members li', { hasText: 'Dev' })
    const about = row.getByRole('button')
    await about.click()
    await page.getByRole('menuitem', { name: 'Remove and ban' }).click()
    await row.getByText('Banned', { exact: true }).waitFor()
    await about.click()
    await page.getByRole('menuitem', { name: 'Lift the ban' }).click()
    await row.waitFor({ state: 'detached' })
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

async function choose(name: string): Promise<void> {
  await page.locator('.people label', { hasText: name }).getByRole('checkbox').check()
}

async function simulate(action: Record<string, unknown>): Promise<void> {
  await stage.house.api.call('POST', '/api/v1/sandbox/actions', action)
}

/** Name, place, and what shows that it is ready. */
async function rooms(): Promise<readonly (readonly [string, string, string])[]> {
  const { data } = await stage.house.api.call<{ data: { kind: string; conversation_id: string }[] }>(
    'GET',
    '/api/v1/groups',
  )
  const of = (kind: string) => data.find((group) => group.kind === kind)?.conversation_id ?? ''
  return [
    ['new-group', '/group', '.people .row'],
    ['group-signal', `/c/${of('signal')}/about`, '.group-sheet .members li'],
    ['group-phone', `/c/${of('phone')}/about`, '.group-sheet .members li'],
    ['settings-mode', '/settings', '.choices'],
    ['settings-fallback', '/settings/fallback', '.choices select'],
    ['settings-modems', '/settings/modems', '.plot figcaption'],
    ['settings-signal', '/settings/signal', '.card .members li'],
    ['settings-integrations', '/settings/integrations', '.webhook'],
    ['settings-users', '/settings/users', '.small-form'],
    ['settings-about', '/settings/about', '.facts dd'],
    ['queue', '/queue', '.room-body'],
    ['doctor', '/doctor', '.finding'],
    ['logs', '/logs', '.log-lines li'],
  ]
}
