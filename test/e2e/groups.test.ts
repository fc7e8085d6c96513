/** Groups in real Chromium: what kind one is and why, its sheet, naming people in it, and who is kept out. */
import { describe, expect, it } from 'vitest'
import { judgePlaces, type Place, wordsInNoCatalogue } from './kit/places.ts'
import { Axe, chromiumPath, picture } from './kit/stage.ts'
import { at, page, stage, useWalk } from './kit/walk.ts'

describe.skipIf(chromiumPath === undefined)('groups in Chromium', () => {
  useWalk('failed-groups')

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

  it('choosing people and the sheets of both kinds, wide and narrow, light and dark, are without findings', async () => {
    await judgePlaces(page, stage, await places())
  })

  it('no word there is in no catalogue', async () => {
    expect(await wordsInNoCatalogue(stage, await places())).toEqual({})
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

  it('a group is blocked in its sheet, asked twice, and let in again', async () => {
    const { house } = stage
    const { id, conversation_id: conversation } = await house.api.call<{ id: string; conversation_id: string }>(
      'POST',
      '/api/v1/groups',
      { title: 'Noise', members: [house.world.person('ana').number] },
    )
    const isBlocked = async () => (await house.api.call<{ blocked: boolean }>('GET', `/api/v1/groups/${id}`)).blocked
    await page.goto(at(`/c/${conversation}/about`))
    const sheet = page.locator('.group-sheet')
    await sheet.getByRole('button', { name: 'Block the group' }).click()
    const sure = sheet.getByRole('button', { name: 'Block it? Nothing more of it is shown.' })
    await sure.waitFor()
    expect(await isBlocked()).toBe(false)
    await picture(page, 'group-block-sure-1280-light')
    await sure.click()
    await sheet.getByText('This group is blocked: nothing of it is shown.').waitFor()
    expect(await isBlocked()).toBe(true)
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'group-blocked-1280-light')
    const line = page.locator('.banner', { hasText: 'Noise is blocked.' })
    await line.waitFor()
    expect(await page.locator('.composer').count()).toBe(0)
    await line.getByRole('button', { name: 'Unblock' }).click()
    await page.locator('.composer').waitFor()
    expect(await isBlocked()).toBe(false)
    await house.api.call('POST', `/api/v1/groups/${id}/block`)
    await line.waitFor()
    await page.reload()
    await sheet.getByRole('button', { name: 'Unblock', exact: true }).click()
    await sheet.getByRole('button', { name: 'Unblock it?' }).click()
    await sheet.getByRole('button', { name: 'Block the group' }).waitFor()
    expect(await isBlocked()).toBe(false)
    await page.locator('.composer').waitFor()
  })

  it('a number that nobody knows is offered as it is typed; a name that nobody has is said to be none', async () => {
    await page.goto(at('/group'))
    const field = page.getByLabel('Who is in it')
    await field.fill('xyzzy')
    await page.getByText('Nobody by that name.').waitFor()
    await field.fill('+15550000909')
    await picture(page, 'group-number-1280-light')
    await page.locator('.people').getByRole('button', { name: '+15550000909' }).click()
    await page.locator('.chosen .chip', { hasText: '+1 555 000 0909' }).waitFor()
    expect(await field.inputValue()).toBe('')
  })

  it('a group that somebody new adds us to asks in words of its own, wide and narrow, light and dark', async () => {
    const { house } = stage
    const dev = house.world.person('dev')
    const { id } = await house.contact(dev.number)
    await house.api.call('DELETE', `/api/v1/contacts/${id}`)
    const group = (await dev.signal?.createGroup('Allotments', [])) ?? ''
    expect(await dev.signal?.addToGroup(group, house.world.gatewayNumber)).toBe('added')
    await dev.signal?.sendToGroup(group, 'Who has the key?')
    await page.goto(at('/'))
    await page.locator('a.row', { hasText: 'Allotments' }).click()
    await page.getByRole('heading', { name: 'Somebody new added you to this group' }).waitFor()
    expect(await page.locator('.decision').getByRole('button').allTextContents()).toEqual([
      'Accept',
      'Leave and remove',
      'Block',
    ])
    const { hash } = new URL(page.url())
    await judgePlaces(page, stage, [['group-request', hash.slice(1), '.decision']])
    await page.locator('.decision').getByRole('button', { name: 'Accept' }).click()
    await page.locator('.composer').waitFor()
  })
})

async function choose(name: string): Promise<void> {
  await page.locator('.people label', { hasText: name }).getByRole('checkbox').check()
}

async function places(): Promise<readonly Place[]> {
  const { data } = await stage.house.api.call<{ data: { kind: string; conversation_id: string }[] }>(
    'GET',
    '/api/v1/groups',
  )
  const of = (kind: string) => data.find((group) => group.kind === kind)?.conversation_id ?? ''
  return [
    ['new-group', '/group', '.people .row'],
    ['group-signal', `/c/${of('signal')}/about`, '.group-sheet .members li'],
    ['group-phone', `/c/${of('phone')}/about`, '.group-sheet .members li'],
  ]
}
