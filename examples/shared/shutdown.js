/**
 * Runs `close` once, at the first SIGTERM (Docker, Kubernetes, systemd) or SIGINT (PM2, Ctrl+C), so that what is under
 * way is finished. When everything is closed Node ends by itself.
 *
 * @param {() => Promise<unknown>} close
 */
export function onShutdown(close) {
  let closing
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => (closing ??= close().then(() => process.disconnect?.())))
  }
}
