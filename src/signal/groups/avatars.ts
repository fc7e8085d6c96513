/** Pictures of groups: fetched from the content server when somebody wants to see one, opened, and kept until it changes. */
import { CausewayError } from '../../domain/errors.ts'
import type { Database } from '../../store/database.ts'
import type { GroupKeeper } from './keeper.ts'
import type { GroupServer } from './server.ts'

export class GroupAvatars {
  readonly #db: Database
  readonly #keeper: GroupKeeper
  readonly #server: GroupServer

  constructor(parts: { db: Database; keeper: GroupKeeper; server: GroupServer }) {
    this.#db = parts.db
    this.#keeper = parts.keeper
    this.#server = parts.server
  }

  /**
   * The picture as its author has set it, whatever it is; undefined when the group has none. Errors: CausewayError
   * `unknown-group`, `group-avatar` (it is not there, or not the group's), `signal-unreachable`.
   */
  async get(id: string): Promise<Uint8Array | undefined> {
    const { state, cipher } = await this.#keeper.demand(id)
    const place = state.avatarUrl
    if (place === undefined) return undefined
    const kept = await this.#db
      .selectFrom('signal_group_avatars')
      .selectAll()
      .where('group_id', '=', id)
      .executeTakeFirst()
    if (kept?.place === place) return kept.content
    const content = cipher.openAvatar(await this.#server.avatar(place))
    if (content === undefined) {
      throw new CausewayError({
        code: 'group-avatar',
        message: 'The picture of this group cannot be opened: it was not made by one of its members.',
        retry: 'never',
      })
    }
    await this.#db.insertInto('signal_group_avatars').orReplace().values({ group_id: id, place, content }).execute()
    return content
  }
}
