/** The screens beside conversations, in real Chromium: settings, queue, check-up, log, simulator, palette, address book. */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { judgePlaces, type Place, wordsInNoCatalogue } from './kit/places.ts'
import { Axe, chromiumPath, picture } from './kit/stage.ts'
import { at, page, stage, useWalk } from './kit/walk.ts'

describe.skipIf(chromiumPath === undefined)('the rooms of the inbox in Chromium', () => {
  useWalk('rooms-failed')

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
    const coming = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download the support bundle' }).click()
    const bundle = gunzipSync(await readFile(await (await coming).path()))
    expect(bundle.toString('utf8')).toContain('Support bundle of a Causeway gateway')
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
    // It would lie over the rooms that are looked at below.
    await page.getByTestId('sim').getByRole('button', { name: 'Close' }).click()
    await page.getByTestId('sim').waitFor({ state: 'detached' })
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

  it('every room, wide and narrow, light and dark, is without findings', async () => {
    await judgePlaces(page, stage, rooms)
  })

  it('no word in any room is in no catalogue', async () => {
    expect(await wordsInNoCatalogue(stage, rooms)).toEqual({})
  })

  it('who is no administrator sees no way to change the box', async () => {
    const viewer = await stage.enter('Vera', 'viewer')
    await viewer.locator('.shell').waitFor()
    await viewer.goto(at('/settings/integrations'))
    await viewer.locator('fieldset[disabled]').waitFor()
    expect(await viewer.getByRole('link', { name: 'Programs' }).count()).toBe(0)
    await viewer.goto(at('/doctor'))
    await viewer.locator('.finding').first().waitFor()
    expect(await viewer.getByRole('link', { name: 'Download the support bundle' }).count()).toBe(0)
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
})

const rooms: readonly Place[] = [
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
