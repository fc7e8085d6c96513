/** What is done to a group, as its conversation tells it. */
import { expect, test } from 'vitest'
import { type GroupChangeItem, type GroupDetails, groupBeginning, groupLine } from '../../../src/domain/group.ts'

const names: Record<string, string> = { ana: 'Ana', ben: 'Ben' }
const name = (who: string, place: 'first' | 'inside') =>
  who === 'us' ? (place === 'first' ? 'You' : 'you') : (names[who] ?? 'somebody')

const lines: [GroupChangeItem, string | undefined, string][] = [
  [{ kind: 'renamed', title: 'Roof' }, 'ana', 'Ana renamed the group to “Roof”'],
  [{ kind: 'renamed', title: 'Roof' }, undefined, 'Somebody renamed the group to “Roof”'],
  [{ kind: 'added', who: 'us' }, 'ana', 'Ana added you'],
  [{ kind: 'added', who: 'ben' }, 'us', 'You added Ben'],
  [{ kind: 'left', who: 'ben' }, 'ben', 'Ben left the group'],
  [{ kind: 'removed', who: 'us' }, undefined, 'Somebody removed you'],
  [{ kind: 'timer', seconds: 3600 }, 'ana', 'Ana let messages disappear after 1 h'],
  [{ kind: 'timer', seconds: 0 }, 'ana', 'Ana let messages stay for ever'],
  [{ kind: 'role', who: 'ben', admin: true }, 'us', 'You made Ben an administrator'],
  [{ kind: 'requested', who: 'ben' }, 'ben', 'Ben asked to join by the link'],
  [{ kind: 'approved', who: 'ben' }, 'ana', 'Ana let Ben in'],
  [{ kind: 'described', text: '' }, 'ana', 'Ana removed the description'],
  [{ kind: 'announcements', on: true }, 'ana', 'Ana let administrators only write here'],
  [{ kind: 'access', what: 'add', level: 'members' }, 'ana', 'Ana let all members add people'],
]

test.each(lines)('%o by %s', (item, by, words) => {
  expect(groupLine(item, by, name)).toBe(words)
})

test('how a group begins depends on what we are to it', () => {
  const begin = (standing: GroupDetails['standing'], ours = false) =>
    groupBeginning({
      group: { standing, title: 'Garden' } as GroupDetails,
      changes: [],
      ours,
      archived: false,
      request: false,
      self: [],
      atMs: 0,
    })
  expect(begin('member', true)).toBe('You are in the group “Garden” now')
  expect(begin('member')).toBe('You were added to the group “Garden”')
  expect(begin('invited')).toBe('You are invited to the group “Garden”: accept, or leave it')
  expect(begin('requesting')).toBe('You have asked to join the group “Garden”')
})
