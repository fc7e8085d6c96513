/** At home in the inbox: the door, who may do what, the list and its search, and what wakes a browser. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PushService, pretendToSubscribe, Worker } from './kit/push.ts'
import { Axe, chromiumPath, PASSWORD, picture, Stage } from './kit/stage.ts'

const LANGUAGES = ['en', 'de', 'es', 'fr', 'pt', 'ar']
/** More than one page of the list. */
const MANY = 140

let stage: Stage
let page: Page
let ana: string
let ben: string

describe.skipIf(chromiumPath === undefined)('at home in the inbox', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    const { house } = stage
    await stage.greet()
    ana = await stage.conversationWith(house.world.person('ana').number)
    ben = await stage.conversationWith(house.world.person('ben').number)
    await house.api.call('POST', `/api/v1/conversations/${ana}/accept`)
    page = await stage.page(await stage.window({ as: null }))
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-home')
    expect(stage.complaints).toEqual([])
  })

  it('the setup code is the only way in before there is an admin', async () => {
    await page.getByRole('heading', { name: 'Welcome to Causeway' }).waitFor()
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'setup-1280-light')
    stage.expectCuts = true
    await page.getByLabel('Setup code').fill('NOT-10-THIS')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('alert').filter({ hasText: 'This is not the setup code' }).waitFor()
    stage.expectCuts = false
    await stage.setUp(page)
    await page.getByRole('link', { name: /Ana/ }).waitFor()
  })

  it('a viewer reads, and has neither composer nor what changes something', async () => {
    const viewer = await stage.enter('Vera', 'viewer')
    await viewer.getByRole('link', { name: /Ana/ }).click()
    await viewer.getByText('You may read here, not write.').waitFor()
    expect(await viewer.locator('.composer').count()).toBe(0)
    expect(await viewer.getByRole('button', { name: 'New message' }).count()).toBe(0)
    expect(await viewer.locator('.row-menu').count()).toBe(0)
    await picture(viewer, 'viewer-1280-light')
    await viewer.context().close()
  })

  it('who is signed out by the gateway while watching signs in again, and the draft is still there', async () => {
    const sender = await stage.enter('Sam', 'sender')
    await sender.goto(`${stage.url}/#/c/${ben}`)
    const field = sender.getByRole('textbox', { name: 'Text message – not encrypted' })
    await field.fill('Half a thought')
    const { api } = stage.house
    const { data } = await api.call<{ data: { id: string; user: { name: string } }[] }>('GET', '/api/v1/sessions')
    stage.expectCuts = true
    await api.call('DELETE', `/api/v1/sessions/${data.find(({ user }) => user.name === 'Sam')?.id}`)
    await sender.getByRole('heading', { name: 'Sign in' }).waitFor()
    await stage.signIn(sender, 'Sam')
    stage.expectCuts = false
    await expect.poll(() => field.inputValue()).toBe('Half a thought')
    await sender.context().close()
  })

  it('what somebody else began in this browser is not shown to the next who signs in', async () => {
    const sender = await stage.page(await stage.window({ as: null }))
    await stage.signIn(sender, 'Sam')
    await sender.goto(`${stage.url}/#/c/${ben}`)
    const field = sender.getByRole('textbox', { name: 'Text message – not encrypted' })
    await field.fill('Not for Robin')
    stage.expectCuts = true
    await sender.context().clearCookies()
    await sender.reload()
    await stage.signIn(sender, 'Robin')
    stage.expectCuts = false
    await field.waitFor()
    expect(await field.inputValue()).toBe('')
    await sender.context().close()
  })

  it('filters are the gateway’s, and the list loads on as it is scrolled', async () => {
    const { house } = stage
    for (let n = 0; n < MANY; n++) {
      const address = `+1555010${String(n).padStart(4, '0')}`
      await house.api.call('POST', '/api/v1/contacts', { address, name: `Member ${n}` })
    }
    await page.goto(`${stage.url}/#/`)
    await page.reload()
    await page.getByRole('link', { name: 'Member 139' }).waitFor()
    await page.locator('.rows').focus()
    await house.eventually('the last row is there', async () => {
      await page.keyboard.press('End')
      return (await page.locator('a.row', { hasText: 'Ana' }).count()) === 1
    })
    await page.getByRole('button', { name: 'Signal', exact: true }).click()
    await page.getByRole('link', { name: /Ana/ }).waitFor()
    expect(await page.locator('a.row', { hasText: 'Member' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Texts', exact: true }).click()
    await page.getByRole('link', { name: /Ben/ }).waitFor()
    expect(await page.locator('a.row', { hasText: 'Ana' }).count()).toBe(0)
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await page.getByRole('link', { name: 'Member 139' }).waitFor()
  })

  it('pinned is on top however old, muted is marked, archived is elsewhere', async () => {
    await page.getByRole('button', { name: 'Texts', exact: true }).click()
    const row = page.locator('.row-holder', { hasText: 'Ben' })
    const choose = async (what: string) => {
      await row.hover()
      await row.locator('.row-menu').click()
      await page.getByRole('menuitem', { name: what, exact: true }).click()
    }
    await choose('Pin')
    await row.getByLabel('Pinned').waitFor()
    await choose('Mute')
    await row.getByLabel('Muted').waitFor()
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await page.reload()
    await page.locator('a.row').first().filter({ hasText: 'Ben' }).waitFor()
    await choose('Archive')
    await row.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Archived' }).click()
    await row.waitFor()
    await choose('Take out of the archive')
    await row.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Archived' }).click()
    await choose('Unmute')
    await choose('Unpin')
  })

  it('search finds words far back and jumps to them, by keyboard', async () => {
    const { house } = stage
    const needle = await house.send(house.world.person('ben').number, 'The key is below the flowerpot')
    await house.reaches(needle, 'delivered')
    for (let n = 0; n < 70; n++) house.world.phone('ben').send(house.world.gatewayNumber, `Line ${n}`)
    await house.eventually('all lines are here', async () => (await house.messages('&direction=in')).length >= 75)
    await page.goto(`${stage.url}/#/`)
    await page.locator('a.row').first().waitFor()
    await page.locator('body').press('/')
    await page.keyboard.type('flowerp')
    const hit = page.locator('.results .row', { hasText: 'flowerpot' })
    await hit.locator('mark', { hasText: 'flowerpot' }).waitFor()
    await picture(page, 'search-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await hit.focus()
    await page.keyboard.press('Enter')
    const entry = page.locator('.entry.ours', { hasText: 'The key is below the flowerpot' })
    await entry.waitFor()
    await house.eventually('it is in sight', async () => {
      const [at, log] = [await entry.boundingBox(), await page.locator('.log').boundingBox()]
      return at !== null && log !== null && at.y >= log.y && at.y + at.height <= log.y + log.height
    })
  })

  it('search finds people whose conversation was removed, and opens it anew', async () => {
    const { house } = stage
    const gone = await house.api.call<{ data: { id: string }[] }>('GET', '/api/v1/contacts?address=%2B15550100007')
    const id = gone.data[0]?.id
    const list = await house.api.call<{ data: { id: string }[] }>('GET', `/api/v1/conversations?contact_id=${id}`)
    await house.api.call('DELETE', `/api/v1/conversations/${list.data[0]?.id}`)
    await page.locator('#search').fill('Member 7')
    await page.getByRole('heading', { name: 'People without a conversation' }).waitFor()
    await page.locator('.results button.row', { hasText: 'Member 7' }).first().click()
    await page.getByRole('heading', { level: 2, name: 'Member 7' }).waitFor()
    await page.locator('.composer textarea').waitFor()
    await page.locator('#search').fill('')
  })

  it('opens without the gateway in the language spoken there, and keeps no word of a message', async () => {
    const german = await stage.window({ language: 'de' })
    const visitor = await stage.page(german, `/c/${ben}`)
    await visitor.locator('.entry').first().waitFor()
    const kept = async () =>
      (await visitor.evaluate(`(async () => {
        const kept = []
        for (const name of await caches.keys()) {
          const cache = await caches.open(name)
          for (const request of await cache.keys()) {
            kept.push([new URL(request.url).pathname, await (await cache.match(request)).text()])
          }
        }
        return kept
      })()`)) as [string, string][]
    const words = async () => (await kept()).flatMap(([path]) => /^\/assets\/(\w+)-[\w-]+\.json$/.exec(path)?.[1] ?? [])
    // The first visit: they were here before the worker that keeps them.
    await expect.poll(words).toEqual(['de'])
    for (const [path, text] of await kept()) {
      expect(path).toMatch(/^\/($|assets\/|icon|manifest)/)
      expect(text).not.toMatch(/flowerpot|Half a thought|Member 7/)
    }
    stage.expectCuts = true
    await german.setOffline(true)
    await visitor.reload()
    const retry = visitor.getByRole('button', { name: 'Noch einmal versuchen' })
    await retry.waitFor()
    await german.setOffline(false)
    await visitor.locator('.entry').first().waitFor()
    stage.expectCuts = false
    await german.close()
  })

  it('where no words can be fetched it says so in every language, and tries again when told to', async () => {
    const context = await stage.window()
    const asked: string[] = []
    const words = (url: URL) => /^\/assets\/\w+-[\w-]+\.json$/.test(url.pathname)
    await context.route(words, (route) => {
      asked.push(route.request().url())
      return route.abort()
    })
    stage.expectCuts = true
    const visitor = await stage.page(context, `/c/${ben}`)
    const sentences = visitor.getByRole('button')
    await sentences.first().waitFor()
    expect(await sentences.evaluateAll((all) => all.map(({ lang }) => lang))).toEqual(LANGUAGES)
    expect(new Set(asked).size).toBe(1)
    expect(await new Axe().findings(visitor, false)).toEqual([])
    await picture(visitor, 'wordless-1280-light')
    await context.unroute(words)
    stage.expectCuts = false
    await sentences.nth(3).click()
    await visitor.locator('.entry').first().waitFor()
    await context.close()
  })

  it('who reads German fetches German words alone; English ones stand in where those cannot be had', async () => {
    const context = await stage.window({ language: 'de', as: null })
    const visitor = await context.newPage()
    const asked: string[] = []
    visitor.on('request', (request) => {
      const [, language] = /\/assets\/(\w+)-[\w-]+\.json$/.exec(request.url()) ?? []
      if (language !== undefined) asked.push(language)
    })
    await visitor.goto(stage.url)
    await visitor.getByRole('heading', { name: 'Anmelden' }).waitFor()
    expect(new Set(asked)).toEqual(new Set(['de']))
    await context.close()
    const cut = await stage.window({ language: 'de', as: null })
    await cut.route('**/assets/de-*.json', (route) => route.abort())
    stage.expectCuts = true
    const other = await stage.page(cut)
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    stage.expectCuts = false
    await cut.close()
  })

  it('the browser’s offer to install it stands in the own menu, once; its icon says how much is unread', async () => {
    const { house } = stage
    await page.goto(`${stage.url}/#/`)
    const context = await stage.window()
    await context.addInitScript('navigator.setAppBadge = async (count) => { globalThis.badge = count }')
    const app = await stage.page(context)
    await app.locator('a.row').first().waitFor()
    await app.evaluate(`{
      const offer = new Event('beforeinstallprompt', { cancelable: true })
      offer.prompt = async () => { globalThis.prompted = true }
      dispatchEvent(offer)
    }`)
    const menu = app.getByRole('button', { name: 'You and this browser' })
    await menu.click()
    await app.getByRole('menuitem', { name: 'Install as an app' }).click()
    expect(await app.evaluate('globalThis.prompted')).toBe(true)
    await menu.click()
    await app.getByRole('menuitem', { name: 'Notifications' }).waitFor()
    expect(await app.getByRole('menuitem', { name: 'Install as an app' }).count()).toBe(0)
    const before = Number(await app.evaluate('globalThis.badge'))
    house.world.phone('ben').send(house.world.gatewayNumber, 'Count me')
    await expect.poll(() => app.evaluate('globalThis.badge')).toBe(before + 1)
    // As the gateway counts, whatever of it the list has here; and less of it when it is read in another window.
    await app.route('**/api/v1/conversations?*', (route) => route.fulfill({ json: { data: [], next_cursor: null } }))
    await app.reload()
    await app.locator('.list-pane .empty').waitFor()
    await expect.poll(() => app.evaluate('globalThis.badge')).toBe(before + 1)
    expect(await app.title()).toContain(`(${before + 1})`)
    const ben = await stage.conversationWith(house.world.person('ben').number)
    const { unread } = await house.api.call<{ unread: number }>('GET', `/api/v1/conversations/${ben}`)
    await house.api.call('POST', `/api/v1/conversations/${ben}/read`)
    await expect.poll(() => app.evaluate('globalThis.badge')).toBe(before + 1 - unread)
    await context.close()
  })

  it('what stops the queue is said on every screen; what is written is kept', async () => {
    await page.route('**/api/v1/queue*', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...(await response.json()), problem: 'Redis does not answer' } })
    })
    await page.goto(`${stage.url}/#/queue`)
    await page.reload()
    await page.locator('.strip a', { hasText: 'Nothing leaves' }).waitFor()
    await page.locator('.room .note', { hasText: 'What you write is kept' }).waitFor()
    await picture(page, 'queue-stands-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])
    await page.unroute('**/api/v1/queue*')
    await page.reload()
    await page.locator('.counts').waitFor({ state: 'attached' })
    await page.locator('.strip a', { hasText: 'Nothing leaves' }).waitFor({ state: 'detached' })
    await page.goto(`${stage.url}/#/settings/notifications`)
    await page.locator('.card .notifications').waitFor()
  })

  it('what a sender says of a link is shown to who wants it; of a long text the parts that miss are named', async () => {
    const { data } = await stage.house.api.call<{ data: object[] }>(
      'GET',
      `/api/v1/conversations/${ben}/messages?limit=1`,
    )
    const theirs = { ...data[0], direction: 'in', status: 'received', attachments: [] }
    const link = 'https://garden.example/tulips'
    await page.route(`**/api/v1/conversations/${ben}/messages?*`, (route) =>
      route.fulfill({
        json: {
          data: [
            { ...theirs, id: 'msg_2', text: 'one […2/3]three', incomplete: true },
            { ...theirs, id: 'msg_1', text: link, preview: { url: link, title: 'Tulips of the year' } },
          ],
          next_cursor: null,
        },
      }),
    )
    await page.goto('about:blank')
    await page.goto(`${stage.url}/#/c/${ben}`)
    await page.locator('.part-missing', { hasText: 'Not arrived yet: part 2 of 3.' }).waitFor()
    expect(await page.locator('.link-preview').count()).toBe(0)
    const want = async () => {
      await page.getByRole('button', { name: 'You and this browser' }).click()
      await page.getByRole('menuitem', { name: 'Preferences' }).click()
      await page.getByLabel('Show what senders say of links').click()
      await page.keyboard.press('Escape')
    }
    await want()
    await page.locator('.link-preview', { hasText: 'Tulips of the year garden.example' }).waitFor()
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'link-preview-1280-light')
    await want()
    await page.locator('.link-preview').waitFor({ state: 'detached' })
    await page.unroute(`**/api/v1/conversations/${ben}/messages?*`)
    await page.goto('about:blank')
  })

  it('what another app shares becomes the draft of whoever is picked', async () => {
    // Who types fast is done before the people are there: the answer is held until Enter was pressed.
    let letGo = () => {}
    const pressed = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const people = (url: URL) => url.pathname === '/api/v1/contacts'
    await page.route(people, async (route) => {
      await pressed
      await route.continue()
    })
    await page.goto(`${stage.url}/share?title=A%20recipe&url=https%3A%2F%2Fexample.org%2F`)
    await page.locator('.shared', { hasText: 'A recipe' }).waitFor()
    await page.waitForURL(`${stage.url}/#/new`)
    await page.getByLabel('To').fill('Ben')
    await page.getByLabel('To').press('Enter')
    letGo()
    const field = page.locator('.composer textarea')
    await field.waitFor()
    await page.unroute(people)
    await expect.poll(() => field.inputValue()).toBe('A recipe\nhttps://example.org/')
    await field.fill('')
  })

  it('a wake says nothing; the browser asks for itself what is new, and says it', async () => {
    const { house } = stage
    // What somebody looks at is read at once, and wakes nobody.
    await page.goto(`${stage.url}/#/`)
    const service = await PushService.open()
    const context = await stage.window()
    await pretendToSubscribe(context, stage.url, service)
    const sleeper = await stage.page(context)
    await sleeper.getByRole('button', { name: 'You and this browser' }).click()
    await sleeper.getByRole('menuitem', { name: 'Notifications' }).click()
    await picture(sleeper, 'notifications-1280-light')
    expect(await new Axe().findings(sleeper, false)).toEqual([])
    await sleeper.getByRole('button', { name: 'Turn on here' }).click()
    await sleeper.getByRole('button', { name: 'Turn off here' }).waitFor()
    const worker = await Worker.of(context, stage.url)
    // Nobody looks at the inbox any more.
    await sleeper.close()

    house.world.phone('ben').send(house.world.gatewayNumber, 'Secret of the flowerpot')
    const wake = await service.next()
    expect(wake.body).toBe('')
    expect(wake.headers['topic']).toBe('wake')
    await worker.push()
    await house.eventually('somebody is told', async () => (await worker.notices()).includes('Ben: new message|'))
    expect((await worker.notices()).join()).not.toContain('flowerpot')

    await context.clearCookies()
    await worker.push()
    await house.eventually('that something is new', async () =>
      (await worker.notices()).includes('Something is new in Causeway|'),
    )
    await context.close()
    await service.close()
  })

  it('a notice says as much as was chosen, and a click on it opens the conversation', async () => {
    const { house } = stage
    await page.goto(`${stage.url}/#/`)
    const service = await PushService.open()
    const context = await stage.window()
    await pretendToSubscribe(context, stage.url, service)
    const first = await stage.page(context)
    await first.locator('a.row').first().waitFor()
    const worker = await Worker.of(context, stage.url)
    await first.close()
    const phone = house.world.phone('ben')
    for (const [how, text, told] of [
      ['Who wrote, and what', 'The tulips are out', 'Ben|The tulips are out'],
      ['Who wrote', 'And the roses', 'Ben: new message|'],
      ['Only that something came', 'And the lilies', 'Something is new in Causeway|'],
    ] as const) {
      const sleeper = await stage.page(context)
      await sleeper.getByRole('button', { name: 'You and this browser' }).click()
      await sleeper.getByRole('menuitem', { name: 'Notifications' }).click()
      const turnOn = sleeper.getByRole('button', { name: 'Turn on here' })
      await turnOn.or(sleeper.getByRole('button', { name: 'Turn off here' })).waitFor()
      if (await turnOn.isVisible()) await turnOn.click()
      await sleeper.getByRole('button', { name: 'Turn off here' }).waitFor()
      await sleeper.getByRole('radio', { name: how, exact: true }).check()
      await house.eventually('it is kept', async () => (await worker.preview()) === PREVIEW_OF[how])
      await sleeper.close()
      phone.send(house.world.gatewayNumber, text)
      await service.next()
      await worker.push()
      await house.eventually(`told ${told}`, async () => (await worker.notices()).includes(told))
    }
    const reader = await stage.page(context)
    await reader.locator('a.row').first().waitFor()
    await worker.click(ben)
    await reader.waitForURL(`${stage.url}/#/c/${ben}`)
    await reader.locator('.entry.theirs', { hasText: 'And the lilies' }).waitFor()
    expect((await worker.notices()).filter((words) => words.startsWith('Ben'))).toEqual([])
    await context.close()
    await service.close()
  })
})

const PREVIEW_OF = { 'Who wrote, and what': 'text', 'Who wrote': 'name', 'Only that something came': 'none' } as const
