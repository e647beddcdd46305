/** For receiver and workers alike. 30 s between tries unless you say otherwise; here the second comes soon. */
export const queue = { name: process.env.QUEUE ?? 'smile-id', pause: 300 }
