/** The inbox where room is scarce, in real Chromium: 320 px, 200 % zoom, a finger, and the way back. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Finger } from './kit/finger.ts'
import { type LayerPlaces, layers, openLayer } from './kit/layers.ts'
import { OVERHANGS } from './kit/reflow.ts'
import { type Cast, screens } from './kit/screens.ts'
import { chromiumPath, NARROW, picture, Stage } from './kit/stage.ts'

/** The narrowest that WCAG 1.4.10 asks for, and a small laptop at 200 %. */
const WINDOWS = [
  { width: 320, height: 568 },
  { width: 640, height: 400 },
] as const
/** Rooms beside conversations. */
const ROOMS: readonly (readonly [string, string])[] = [
  ['/group', '.people .row'],
  ['/settings', '.choices'],
  ['/settings/fallback', '.choices select'],
  ['/settings/modems', '.plot figcaption'],
  ['/settings/signal', '.card .members li'],
  ['/settings/integrations', '.card'],
  ['/settings/users', '.small-form'],
  ['/settings/book', '.card'],
  ['/settings/backup', '.card .button'],
  ['/settings/about', '.facts dd'],
  ['/queue', '.room-body'],
  ['/doctor', '.finding'],
  ['/logs', '.log-lines li'],
  ['/setup', '.wizard-steps li'],
]

let stage: Stage
let page: Page
let cast: Cast
let places: LayerPlaces

describe.skipIf(chromiumPath === undefined)('the inbox where room is scarce', () => {
  beforeAll(async () => {
    stage = await Stage.open({ config: { fallback: { after: 'PT1H' } } })
    await stage.greet()
    const { house } = stage
    const of = (key: string) => stage.conversationWith(house.world.person(key).number)
    const ana = house.world.person('ana')
    ana.signal?.goOffline()
    const fallen = await house.send(ana.number, 'The door code is new', { fallback_after: 'PT1S' })
    await house.reaches(fallen, 'delivered')
    const waiting = await house.send(ana.number, 'Is the kettle on?')
    await house.reaches(waiting, 'sent')
    const left = await house.send(house.world.person('chloe').number, 'Are you there?')
    await house.reaches(left, 'delivered')
    await house.api.call('POST', `/api/v1/conversations/${await of('dev')}/accept`)
    await house.world.person('dev').signal?.reinstall()
    await house.world.person('dev').signal?.sendText(house.world.gatewayNumber, 'Another phone')
    cast = {
      ana: await of('ana'),
      ben: await of('ben'),
      chloe: await of('chloe'),
      dev: await of('dev'),
      echo: await of('echo'),
      fallen,
    }
    places = { ana: cast.ana, ben: cast.ben, waiting }
    await house.eventually('the safety number has changed', async () => {
      return (await house.contact(house.world.person('dev').number))['identity_changed_at'] !== null
    })
    const door = await stage.page(await stage.window())
    await stage.setUp(door)
    await door.context().close()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-narrow')
    expect(stage.complaints).toEqual([])
  })

  describe('at 320 px, and at 640 px at 200 %, nothing hangs over and nothing is cut off', () => {
    let wrong: Record<string, unknown>

    beforeEach(async () => {
      page = await stage.page(await stage.window({ viewport: WINDOWS[0], scale: 2 }))
      wrong = {}
    })
    afterEach(async ({ task }) => {
      if (task.result?.state !== 'fail') await page.context().close()
    })

    const judge = async (screen: string) => {
      for (const window of WINDOWS) {
        await page.setViewportSize(window)
        // Two frames: what follows the size of the window has done so.
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))')
        const found = (await page.evaluate(OVERHANGS)) as string[]
        if (found.length > 0) wrong[`${screen} ${window.width}`] = found
        await picture(page, `narrow-${window.width}-${screen.replace('/', '').replaceAll('/', '-')}`)
      }
      await page.setViewportSize(WINDOWS[0])
    }

    const half = Math.ceil(screens.length / 2)
    it.each([
      ['the first half of', screens.slice(0, half)],
      ['the second half of', screens.slice(half)],
    ])('on %s the screens about conversations', async (_which, some) => {
      for (const screen of some) {
        await page.goto(`${stage.url}/#${screen.place(cast)}`)
        await page.locator(screen.ready).first().waitFor()
        await screen.act?.(page)
        await judge(screen.name)
        await page.keyboard.press('Escape')
      }
      expect(wrong).toEqual({})
    })

    it('in any room beside conversations', async () => {
      for (const [place, ready] of ROOMS) {
        await page.goto(`${stage.url}/#${place}`)
        await page.locator(`.thread-pane ${ready}`).first().waitFor()
        await judge(place)
      }
      expect(wrong).toEqual({})
    })

    it('in any layer above them', async () => {
      for (const layer of layers) {
        if (layer.name === 'restored') continue
        await openLayer(page, stage.url, layer, places)
        await judge(layer.name)
      }
      expect(wrong).toEqual({})
    })

    it('at the door', async () => {
      await page.context().close()
      page = await stage.page(await stage.window({ viewport: WINDOWS[0], scale: 2, as: null }))
      await page.locator('.door-card').waitFor()
      await judge('door')
      expect(wrong).toEqual({})
    })
  })

  it('a finger pushes a row aside to its buttons; up and down it scrolls; a press elsewhere puts it back', async () => {
    page = await stage.page(await stage.window({ viewport: { width: 390, height: 520 }, touch: true }))
    const finger = await Finger.on(page)
    const row = page.locator('.swipe:has(.row-name:text-is("Ben"))')
    await row.waitFor()
    // It pushes the list down when it comes.
    await page.locator('.guide').waitFor()
    const middle = async () => {
      // Scrolled to, and done with scrolling: until then the list takes no fingers.
      await row.tap({ trial: true })
      const { x = 0, y = 0, width = 0, height = 0 } = (await row.boundingBox()) ?? {}
      return { x: x + width / 2, y: y + height / 2 }
    }
    const towards = async (px: number) => {
      const from = await middle()
      await finger.drag(from, { x: from.x + px, y: from.y + 4 })
    }
    const button = (name: string) => row.locator('.swipe-actions button', { hasText: name })
    await towards(-140)
    await button('Archive').waitFor()
    await picture(page, 'swipe-390-light')
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
    await row.locator('a.row').tap({ position: { x: 300, y: 20 } })
    await button('Archive').waitFor({ state: 'detached' })
    expect(new URL(page.url()).hash).toBe('#/')
    await towards(140)
    await button('Pin').tap()
    await row.locator('.row-flags svg').waitFor()
    await towards(140)
    await button('Unpin').tap()
    await row.locator('.row-flags svg').waitFor({ state: 'detached' })
    await towards(30)
    expect(await row.locator('.swipe-actions button').count()).toBe(0)
    const scrolled = () => page.evaluate("document.querySelector('.rows').scrollTop") as Promise<number>
    const from = await middle()
    await finger.drag(from, { x: from.x + 12, y: from.y - 120 })
    await expect.poll(scrolled).toBeGreaterThan(40)
    expect(await page.locator('.swipe-actions button').count()).toBe(0)
    await page.context().close()
  })

  it('a finger that rests on a bubble opens the menu of the message; one that moves scrolls; text is marked when asked', async () => {
    page = await stage.page(
      await stage.window({ viewport: { width: 390, height: 520 }, touch: true }),
      `/c/${cast.ana}`,
    )
    const finger = await Finger.on(page)
    const entry = page.locator('.entry.ours', { hasText: 'Is the kettle on?' })
    const words = entry.locator('.text')
    const middle = async () => {
      await words.tap({ trial: true })
      const { x = 0, y = 0, width = 0, height = 0 } = (await words.boundingBox()) ?? {}
      return { x: x + width / 2, y: y + height / 2 }
    }
    const menu = page.locator('.menu:popover-open')
    const selected = () => page.evaluate('getSelection().toString().trim()')
    const scrolled = () => page.evaluate("document.querySelector('.log').scrollTop") as Promise<number>
    await words.waitFor()
    const end = await scrolled()
    const from = await middle()
    await finger.drag(from, { x: from.x + 4, y: from.y + 120 })
    await expect.poll(scrolled).toBeLessThan(end)
    expect(await menu.count()).toBe(0)
    // What was pushed out of sight is out of the page; it takes presses all the same when it is there again.
    await page.locator('.to-end').tap()
    await finger.hold(await middle(), () => menu.waitFor())
    // Lifting the finger closes nothing, and no text was marked on the way.
    await menu.getByRole('menuitem', { name: 'Reply' }).tap({ trial: true })
    expect(await selected()).toBe('')
    expect(await menu.getByRole('menuitem').allTextContents()).toEqual(
      expect.arrayContaining(['Reply', 'Details', 'Copy text', 'Select text', 'Remove for me']),
    )
    await picture(page, 'long-press-390-light')
    await menu.getByRole('menuitem', { name: 'Select text' }).tap()
    await menu.waitFor({ state: 'detached' })
    expect(await selected()).toBe('Is the kettle on?')
    await picture(page, 'select-text-390-light')
    await page.locator('.thread-who').tap()
    await expect.poll(() => entry.getAttribute('data-selecting')).toBeNull()
    await page.context().close()
  })

  it('what a finger finds beside a row is in its menu, too: read, pin, mute, archive', async () => {
    const ben = stage.house.world.person('ben').number
    stage.house.world.phone('ben').send(stage.house.world.gatewayNumber, 'Are you in?')
    await stage.house.eventually('it is unread', async () => {
      const { data } = await stage.house.api.call<{ data: { unread: number }[] }>(
        'GET',
        `/api/v1/conversations?contact_id=${(await stage.house.contact(ben)).id}`,
      )
      return (data[0]?.unread ?? 0) > 0
    })
    page = await stage.page(await stage.window())
    const row = page.locator('.row-holder:has(.row-name:text-is("Ben"))')
    await row.locator('.badge').waitFor()
    await row.hover()
    await row.locator('.row-menu').click()
    const entries = page.locator('.menu:popover-open .menu-entry')
    expect(await entries.allTextContents()).toEqual(['Mark as read', 'Pin', 'Mute', 'Archive'])
    await entries.first().click()
    await row.locator('.badge').waitFor({ state: 'detached' })
    await page.context().close()
  })

  it('on a phone the browser’s way back is the inbox’s, and leads to the row one came from', async () => {
    const context = await stage.window({ viewport: NARROW })
    page = await stage.page(context)
    const at = () => new URL(page.url()).hash
    const row = page.locator(`a.row[href="#/c/${cast.ben}"]`)
    await row.click()
    await page.locator('.composer textarea').waitFor()
    await page.getByRole('button', { name: 'About this conversation' }).click()
    await page.locator('.panel').waitFor()
    await page.locator('.panel').getByRole('button', { name: 'Close' }).click()
    await page.locator('.panel').waitFor({ state: 'detached' })
    await page.goBack()
    await row.waitFor()
    expect(at()).toBe('#/')
    await row.click()
    await page.getByRole('button', { name: 'Back', exact: true }).click()
    await page.locator(`a.row[href="#/c/${cast.ben}"]:focus`).waitFor()
    expect(at()).toBe('#/')
    // Nothing of it is left: another conversation, and back, is at the list again.
    await page.locator(`a.row[href="#/c/${cast.chloe}"]`).click()
    await page.locator('.composer textarea').waitFor()
    await page.goBack()
    await row.waitFor()
    expect(at()).toBe('#/')
    await context.close()
  })

  it('on a phone what was closed by its own button does not come back by the browser’s', async () => {
    const context = await stage.window({ viewport: NARROW })
    page = await stage.page(context)
    const at = () => new URL(page.url()).hash
    const thread = page.locator('.composer textarea')
    const deep = async (id: string) => {
      await page.locator(`a.row[href="#/c/${id}"]`).click()
      await page.getByRole('button', { name: 'About this conversation' }).click()
      await page.locator('.panel').getByRole('button', { name: 'Close' }).click()
      await page.locator('.panel').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Back', exact: true }).click()
      await page.locator(`a.row[href="#/c/${id}"]:focus`).waitFor()
    }
    await deep(cast.ben)
    // From another conversation it goes to the list, past all that was closed before it.
    await page.locator(`a.row[href="#/c/${cast.chloe}"]`).click()
    await thread.waitFor()
    await page.goBack()
    await expect.poll(at).toBe('#/')
    await page.locator(`a.row[href="#/c/${cast.chloe}"]`).waitFor()
    // Tabs of the settings are links, of which the browser makes the entries.
    await page.goto(`${stage.url}/#/settings`)
    await page.getByRole('link', { name: 'Modems' }).click()
    await page.getByRole('link', { name: 'Backup' }).click()
    await page.locator('.thread-pane').getByRole('button', { name: 'Back', exact: true }).click()
    await deep(cast.ben)
    // From the list it leads out of the inbox.
    await page.goBack()
    await expect.poll(() => page.url()).toBe('about:blank')
    await context.close()
  })
  it('on a phone a conversation that was removed in another window says so, and there is a way back', async () => {
    const { api } = stage.house
    await api.call('POST', '/api/v1/contacts', { address: '+15550000808' })
    const id = await stage.conversationWith('+15550000808')
    const context = await stage.window({ viewport: NARROW })
    page = await stage.page(context, `/c/${id}`)
    await page.locator('.composer textarea').waitFor()
    await api.ask('DELETE', `/api/v1/conversations/${id}`)
    await page.getByText('This conversation is no longer here.').waitFor()
    await picture(page, 'removed-elsewhere-390-light')
    const back = async () => {
      await page.getByRole('button', { name: 'Back', exact: true }).click()
      await page.locator('a.row').first().waitFor()
    }
    await back()
    // One that was never there is asked for once, and not again and again.
    let asked = 0
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === `/api/v1/conversations/${id}`) asked += 1
    })
    stage.expectCuts = true
    await page.goto(`${stage.url}/#/c/${id}`)
    await page.getByText('This conversation is no longer here.').waitFor()
    await back()
    stage.expectCuts = false
    expect(asked).toBe(1)
    await context.close()
  })
})
