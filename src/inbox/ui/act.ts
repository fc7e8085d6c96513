/** Runs something that may be refused: while it runs, and what was said when it was. */
import { useState } from 'preact/hooks'

export interface Act {
  busy: boolean
  error: unknown
  /** Resolves true when it worked. */
  run: (what: () => Promise<unknown>) => Promise<boolean>
}

export function useAct(): Act {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined })
  const run = async (what: () => Promise<unknown>) => {
    setState({ busy: true, error: undefined })
    try {
      await what()
      setState({ busy: false, error: undefined })
      return true
    } catch (error) {
      setState({ busy: false, error })
      return false
    }
  }
  return { ...state, run }
}
