// Where the services of AWS are; other stores are named by their address.

/** @param service such as `s3` */
export function awsEndpoint(service: string, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
