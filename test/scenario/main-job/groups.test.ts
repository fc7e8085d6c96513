/**
 * A group with Ana and the echo bot, through the real gateway: its process, its database, its API. Changes of groups are
 * served by the sandbox's own rules, since the mock server drops most of them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { House, type MessageView } from '../../../src/sandbox/house.ts'

interface GroupView {
  id: string
  conversation_id: string
  title: string
  standing: string
  members: { aci: string; admin: boolean }[]
}
type Shown = MessageView & { kind: string; author: { address: string } | null; group: { title: string } | null }

let house: House
let groupId: string

const group = () => house.api.call<GroupView>('GET', `/api/v1/groups/${groupId}`)
const groups = async () => (await house.api.call<{ data: GroupView[] }>('GET', '/api/v1/groups')).data
const shown = async () => {
  const path = `/api/v1/conversations/${(await group()).conversation_id}/messages?limit=100&order=oldest`
  return (await house.api.call<{ data: Shown[] }>('GET', path)).data
}
const ana = () => house.world.signalPerson('ana')
const texts = async (kind: string) => (await shown()).filter((one) => one.kind === kind).map(({ text }) => text)

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

describe('a group', () => {
  it('that somebody adds us to has a conversation of its own, titled as the group', async () => {
    // Whoever we have written to knows our profile key, and can add us without asking.
    await house.reaches(await house.send('+15550000201', 'hello Ana'), 'delivered')
    const { host } = house.world.server
    const ours = async () => (await host.findByNumber(house.world.gatewayNumber))?.profileKeyCommitment
    await house.eventually('our profile is published', async () => (await ours()) !== undefined)
    const id = await ana().createGroup('Garden', [house.world.signalPerson('echo')])
    expect(await ana().addToGroup(id, house.world.gatewayNumber)).toBe('added')
    await house.eventually('the group is here', async () => (await groups()).length === 1)
    groupId = (await groups())[0]?.id ?? ''
    expect(await group()).toMatchObject({ title: 'Garden', standing: 'member' })
    expect((await group()).members).toHaveLength(3)
    expect(await texts('notice')).toEqual(['You were added to the group “Garden”'])
  })

  it('shows what others write with its author', async () => {
    const [id = ''] = [await ana().groupTitled('Garden')]
    await ana().sendToGroup(id, 'who waters?')
    await house.eventually('both are here', async () => (await texts('text')).length === 2)
    const [first, echoed] = (await shown()).filter(({ kind }) => kind === 'text')
    expect(first).toMatchObject({ text: 'who waters?', direction: 'in', encrypted: true, group: { title: 'Garden' } })
    expect(first?.author?.address).toBe('+15550000201')
    expect(echoed).toMatchObject({ text: 'who waters?', direction: 'in' })
  })

  it('takes our answer, which is delivered when every member has it', async () => {
    const { id } = await house.api.call<{ id: string }>('POST', '/api/v1/messages', { to: groupId, text: 'I do' })
    const message = await house.reaches(id, 'delivered', 'read')
    expect(message).toMatchObject({ transport: 'signal', encrypted: true })
    const { data } = await house.api.call<{ data: { status: string }[] }>('GET', `/api/v1/messages/${id}/recipients`)
    expect(data.map(({ status }) => status)).toEqual(['delivered', 'delivered'])
    expect(
      ana().texts.filter(({ text, fromE164 }) => text === 'I do' && fromE164 === house.world.gatewayNumber),
    ).toHaveLength(1)
    await house.eventually(
      'the bot echoes',
      async () => (await texts('text')).filter((one) => one === 'I do').length === 2,
    )
  })

  it('is never downgraded to a text', async () => {
    const id = await house.send(groupId, 'as a text?', { policy: 'sms_only' })
    const message = await house.reaches(id, 'failed')
    expect(message.reason).toContain('never goes as a text')
    expect(house.world.person('ana').phone.inbox.map(({ text }) => text)).not.toContain('as a text?')
  })

  it('tells in words what others do to it', async () => {
    await ana().renameGroup((await ana().groupTitled('Garden')) ?? '', 'Roof garden')
    await house.eventually('it is renamed', async () => (await group()).title === 'Roof garden')
    expect((await texts('notice')).at(-1)).toMatch(/renamed the group to “Roof garden”$/)
  })

  it('takes reactions, an edit and a quote of a member as a conversation with one person does', async () => {
    const theirs = (await shown()).find(({ text, author }) => text === 'who waters?' && author !== null)
    await house.api.call('PUT', `/api/v1/messages/${theirs?.id}/reaction`, { emoji: '🌱' })
    const answer = { to: groupId, text: 'me', quote_id: theirs?.id }
    const { id } = await house.api.call<{ id: string }>('POST', '/api/v1/messages', answer)
    const sent = await house.reaches(id, 'delivered', 'read')
    expect(sent).toMatchObject({ quote: { author: 'them', text: 'who waters?' } })
    expect((sent as unknown as { quote: { person: { address: string } } }).quote.person.address).toMatch(/^\+1555/)
    await house.api.call('PATCH', `/api/v1/messages/${id}`, { text: 'me, at eight' })
    await house.eventually('all of it has left', async () => {
      const ledgers = await Promise.all(
        [theirs?.id, id].map((one) =>
          house.api.call<{ changes: { status: string }[] }>('GET', `/api/v1/messages/${one}/attempts`),
        ),
      )
      return ledgers.every(({ changes }) => changes.length === 1 && changes[0]?.status === 'sent')
    })
  })

  it('keeps its timer, set at the group or at its conversation', async () => {
    await house.api.call('PATCH', `/api/v1/groups/${groupId}`, { timer_seconds: 86_400 })
    const path = `/api/v1/conversations/${(await group()).conversation_id}`
    expect(await house.api.call('GET', path)).toMatchObject({ disappears_after: 'P1D' })
    const { id } = await house.api.call<{ id: string }>('POST', '/api/v1/messages', { to: groupId, text: 'for a day' })
    expect(await house.reaches(id, 'delivered', 'read')).toMatchObject({ disappears_after: 'P1D' })
    await house.api.call('PATCH', path, { disappears_after: null })
    expect(await house.api.call('GET', path)).toMatchObject({ disappears_after: null })
  })

  it('is changed and left by us, and the others see it', async () => {
    const changed = await house.api.call<GroupView>('PATCH', `/api/v1/groups/${groupId}`, { title: 'Balcony' })
    expect(changed.title).toBe('Balcony')
    expect((await texts('notice')).at(-1)).toBe('You renamed the group to “Balcony”')
    expect(await ana().groupTitled('Balcony')).toBeDefined()
    const left = await house.api.call<GroupView>('POST', `/api/v1/groups/${groupId}/leave`)
    expect(left.standing).toBe('out')
    const id = await house.send(groupId, 'still here?')
    expect((await house.reaches(id, 'failed')).code).toBe('group-left')
  })

  it('that we make ourselves has the people we name', async () => {
    const made = await house.api.call<GroupView>('POST', '/api/v1/groups', {
      title: 'Cellar',
      members: ['+15550000201', '+15550000205'],
    })
    expect(made).toMatchObject({ title: 'Cellar', standing: 'member' })
    expect(made.members).toHaveLength(3)
    await house.reaches(await house.send(made.id, 'mind the stairs'), 'delivered')
  })

  it('holds a message while a member’s safety number has changed, until it is approved', async () => {
    const dev = house.world.signalPerson('dev')
    // Only who has shown us a profile key can be added at once.
    await (await dev.sendText(house.world.gatewayNumber, 'this is Dev')).acknowledged
    const made = await house.api.call<GroupView>('POST', '/api/v1/groups', {
      title: 'Attic',
      members: ['+15550000201', '+15550000204'],
    })
    await house.reaches(await house.send(made.id, 'first'), 'sent', 'delivered')
    expect(made.members).toHaveLength(3)
    await dev.reinstall()
    const id = await house.send(made.id, 'second')
    expect((await house.reaches(id, 'held')).code).toBe('identity-changed')
    expect(ana().texts.map(({ text }) => text)).not.toContain('second')
    await house.api.call('POST', `/api/v1/messages/${id}/approve`)
    await house.reaches(id, 'delivered')
    expect(dev.texts.filter(({ text }) => text === 'second')).toHaveLength(1)
    await dev.reinstall()
    const third = await house.send(made.id, 'third')
    await house.reaches(third, 'held')
    const contact = await house.contact('+15550000204')
    await house.api.call('POST', `/api/v1/contacts/${contact.id}/identity/approve`)
    await house.reaches(third, 'delivered')
  })
})
