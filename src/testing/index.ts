export { signDelivery } from './sign-delivery.ts'
export type { DeliveryToSign, SignedDelivery } from './sign-delivery.ts'
