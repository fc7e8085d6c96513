/** `causeway group …`: groups and people are named by what they are called. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureGroupConversation, putGroup } from '../../../src/store/groups.ts'
import { gardenGroup, type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

const ana = randomUUID()
let rig: Rig
let id: string

beforeAll(async () => {
  rig = await startRig()
  const token = await rig.token('admin')
  await rig.call('POST', '/api/v1/contacts', { token, json: { address: `signal:${ana}`, name: 'Ana' } })
  await rig.db.transaction().execute(async (tx) => {
    const details = {
      id: 'created',
      title: 'Garden\u001b[2J',
      description: 'tomatoes',
      revision: 1,
      standing: 'member',
      admin: true,
      announcementsOnly: false,
      timerSeconds: 3600,
      whoEdits: 'members',
      whoAdds: 'admins',
      link: 'join',
      linkUrl: 'https://signal.group/#x',
      members: [{ aci: ana, admin: false }],
      invited: [],
      requesting: [],
      avatar: false,
    } as const
    const { group } = await putGroup(tx, rig.ports.ids, details, 1)
    await ensureGroupConversation(tx, rig.ports.ids, group.id, 1)
    id = group.id
  })
})
afterAll(() => rig.stop())

const here = (...words: string[]) => run([...words, '--socket', rig.socketPath])

test('shows what a group is like, and nothing of it steers the terminal', async () => {
  const { code, out } = await here('group', 'show', id)
  expect(code).toBe(0)
  expect(out).toContain('you are an administrator')
  expect(out).toContain('messages disappear after 1 h')
  expect(out).toContain('https://signal.group/#x')
  expect(out).toContain('Ana')
  expect(out).not.toContain('\u001b')
  expect((await here('group')).out).toContain(id)
})

test.each([
  [['role', 'ana', 'admin'], `role created ["${ana}",true]`],
  [['remove', 'ana'], `remove created ["${ana}"]`],
  [['ban', 'ana'], `ban created ["${ana}"]`],
  [['unban', 'ana'], `unban created ["${ana}"]`],
  [['rename', 'Roof'], 'configure created [{"title":"Roof"}]'],
  [['timer', '1h'], 'configure created [{"timerSeconds":3600}]'],
  [['timer', 'off'], 'configure created [{"timerSeconds":0}]'],
  [['link', 'request', '--reset'], 'configure created [{"link":"request","resetLink":true}]'],
  [['announcements', 'on'], 'configure created [{"announcementsOnly":true}]'],
  [['rights', '--edit', 'admins'], 'configure created [{"whoEdits":"admins"}]'],
  [['leave'], 'leave created []'],
  [['block'], 'block created []'],
  [['unblock'], 'unblock created []'],
])('group %j', async ([command = '', ...words], said) => {
  const ended = await here('group', command, id, ...words)
  expect([ended.code, ended.err]).toEqual([0, ''])
  expect(rig.calls.at(-1)).toBe(`group ${said}`)
})

test('block and unblock find a group as a person, by its title, and say so where several are meant', async () => {
  const put = (index: number, title: string, blocked = false) =>
    rig.db.transaction().execute(async (tx) => {
      const { group } = await putGroup(tx, rig.ports.ids, { ...gardenGroup, id: `other-${index}`, title, blocked }, 1)
      await ensureGroupConversation(tx, rig.ports.ids, group.id, 1)
    })
  for (const [index, title] of ['Choir', 'Choir', 'Ana', 'Roof club'].entries()) await put(index, title)
  for (const action of ['block', 'unblock']) {
    const ended = await here(action, 'roof CLUB')
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(ended.out).toContain('Roof club')
    expect(rig.calls.at(-1)).toBe(`group ${action} other-3 []`)
  }
  const calls = rig.calls.length
  const several = await here('block', 'choir')
  expect([several.code, several.err]).toEqual([
    1,
    expect.stringMatching(/^2 groups are called choir: grp_\w+, grp_\w+\.\n$/),
  ])
  const either = await here('block', 'ana')
  const both = /^A group and somebody are called ana; give an id: grp_\w+, con_\w+\.\n$/
  expect([either.code, either.err]).toEqual([1, expect.stringMatching(both)])
  const removing = await here('block', 'roof club', '--delete')
  expect([removing.code, removing.err]).toEqual([
    64,
    expect.stringMatching(/^Roof club is a group: .*causeway forget grp_/),
  ])
  const nobody = await here('block', 'Cellar')
  expect([nobody.code, nobody.err]).toEqual([1, 'There is no contact named Cellar; give a number.\n'])
  expect(rig.calls).toHaveLength(calls)
  expect((await here('blocked')).out).toBe('Nobody is blocked.\n')
  await put(3, 'Roof club', true)
  expect((await here('blocked')).out).toMatch(/^Roof club +group +grp_\w+\n$/)
})

test('a group that is not there is said so', async () => {
  const ended = await here('group', 'show', 'Cellar')
  expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('no group called Cellar')])
})
