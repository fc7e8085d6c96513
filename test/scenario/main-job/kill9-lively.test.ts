import { it } from 'vitest'
import { killRounds } from '../kit/kill9.ts'

it('50 rounds of kill −9 while time passes on the air: nothing lost, nothing twice', { timeout: 900_000 }, () =>
  killRounds(50, true),
)
