/** Names and values, one pair a line; those without a value are left out. Values come from machines and keep their form. */
export function Facts({ rows }: { rows: readonly (readonly [string, string | number | null | undefined])[] }) {
  return (
    <dl class="facts">
      {rows.map(
        ([name, value]) =>
          value !== null &&
          value !== undefined &&
          value !== '' && (
            <>
              <dt>{name}</dt>
              <dd translate={false} dir="auto">
                {value}
              </dd>
            </>
          ),
      )}
    </dl>
  )
}
