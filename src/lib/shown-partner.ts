/** A partner id for people; whoever swapped id and key does not find the key on the screen. */
export const shownPartner = (partnerId: string): string => (/^\d{1,8}$/.test(partnerId) ? partnerId : '(not a number)')
