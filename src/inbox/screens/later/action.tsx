/** A button that does something which may be refused; what cannot be undone is asked once more, on the button itself. */
import { useState } from 'preact/hooks'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'

interface ActionProps {
  label: string
  run: () => Promise<unknown>
  /** What the button says before it does it. */
  sure?: string
  class?: string
  disabled?: boolean
  /** Said to those who hear rather than see, where the label alone is not enough. */
  name?: string
}

export function Action({ label, run, sure, class: className = '', disabled, name }: ActionProps) {
  const acting = useAct()
  const [isAsked, setIsAsked] = useState(false)
  return (
    <>
      <button
        type="button"
        class={`button ${className}`}
        aria-label={isAsked ? sure : name}
        disabled={acting.busy || disabled === true}
        onBlur={() => setIsAsked(false)}
        onClick={() => {
          const must = sure !== undefined && !isAsked
          setIsAsked(must)
          if (!must) void acting.run(run)
        }}
      >
        {isAsked ? sure : label}
      </button>
      {acting.error !== undefined && <Problem error={acting.error} />}
    </>
  )
}
