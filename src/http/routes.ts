/** The table of all routes. Authentication, documentation and tests walk it; there is no route beside it. */
import { addressBookRoutes } from './api/address-books.ts'
import { backupRoutes } from './api/backups.ts'
import { changeRoutes } from './api/changes.ts'
import { contactRoutes } from './api/contacts.ts'
import { conversationRoutes } from './api/conversations.ts'
import { eventRoutes } from './api/events.ts'
import { groupRoutes } from './api/groups.ts'
import { joiningRoutes } from './api/joining.ts'
import { mediaRoutes } from './api/media.ts'
import { messageRoutes } from './api/messages.ts'
import { mmsPreviewRoutes } from './api/mms-preview.ts'
import { modemRoutes } from './api/modems.ts'
import { ownAccountRoutes } from './api/own-account.ts'
import { pictureRoutes } from './api/pictures.ts'
import { profileRoutes } from './api/profile.ts'
import { pushRoutes } from './api/push.ts'
import { queueRoutes } from './api/queue.ts'
import { registrationLockRoutes } from './api/registration-lock.ts'
import { sandboxRoutes } from './api/sandbox.ts'
import { searchRoutes } from './api/search.ts'
import { sessionRoutes } from './api/session.ts'
import { setupRoutes } from './api/setup.ts'
import { signalRoutes } from './api/signal.ts'
import { pinRoutes } from './api/sim-pins.ts'
import { systemRoutes } from './api/system.ts'
import { tokenRoutes } from './api/tokens.ts'
import { usernameRoutes } from './api/usernames.ts'
import { userRoutes } from './api/users.ts'
import { webhookRoutes } from './api/webhooks.ts'
import type { Route } from './route.ts'

export const routes: readonly Route[] = [
  ...messageRoutes,
  ...changeRoutes,
  ...mediaRoutes,
  ...mmsPreviewRoutes,
  ...pictureRoutes,
  ...conversationRoutes,
  ...addressBookRoutes,
  ...contactRoutes,
  ...joiningRoutes,
  ...groupRoutes,
  ...modemRoutes,
  ...pinRoutes,
  ...signalRoutes,
  ...usernameRoutes,
  ...profileRoutes,
  ...registrationLockRoutes,
  ...ownAccountRoutes,
  ...eventRoutes,
  ...tokenRoutes,
  ...systemRoutes,
  ...queueRoutes,
  ...backupRoutes,
  ...webhookRoutes,
  ...sessionRoutes,
  ...userRoutes,
  ...searchRoutes,
  ...pushRoutes,
  ...setupRoutes,
  ...sandboxRoutes,
]
