// Handlers of a worker that fails once, as when a database is away. Yours update the account.

/** @param {import('express-smile-id').SmileIdCallbacks<import('express-smile-id').PartnerParams>} callbacks */
export function subscribe(callbacks) {
  let tries = 0
  callbacks.on('id_info', ({ idStep }) => console.log(`  worker: the ID was looked up: ${idStep}`))
  callbacks.on('provisional', () => console.log('  worker: under review'))
  callbacks.on('approved', ({ partnerParams }) => {
    tries += 1
    if (tries === 1) {
      console.log('  worker: the database is away')
      throw new Error('no database')
    }
    console.log(`  worker: account ${partnerParams.account_id} is open, at the second try`)
  })
}
