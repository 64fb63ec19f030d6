import { type RefObject, useLayoutEffect, useState } from 'react'
import type { Area } from './layout/arrangement.ts'

/** Inner size of an element in CSS px, before the first paint and after every change. */
export function useElementSize(element: RefObject<HTMLElement | null>): Area {
  const [area, setArea] = useState<Area>({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const target = element.current
    if (!target) return
    // Not clientWidth: a scroll bar that appears would change the layout that made it appear.
    const measure = () => setArea({ width: target.offsetWidth, height: target.offsetHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(target)
    return () => observer.disconnect()
  }, [element])
  return area
}
