/** Types of header messages. Spec: IV.A.2. The C library's names stand beside. */
export const MESSAGE = {
  nil: 0x00, // H5O_NULL_ID
  dataspace: 0x01, // H5O_SDSPACE_ID
  linkInfo: 0x02, // H5O_LINFO_ID
  datatype: 0x03, // H5O_DTYPE_ID
  oldFillValue: 0x04, // H5O_FILL_ID
  fillValue: 0x05, // H5O_FILL_NEW_ID
  link: 0x06, // H5O_LINK_ID
  externalFiles: 0x07, // H5O_EFL_ID
  dataLayout: 0x08, // H5O_LAYOUT_ID
  bogus: 0x09, // H5O_BOGUS_VALID_ID
  groupInfo: 0x0a, // H5O_GINFO_ID
  filterPipeline: 0x0b, // H5O_PLINE_ID
  attribute: 0x0c, // H5O_ATTR_ID
  objectComment: 0x0d, // H5O_NAME_ID
  oldModificationTime: 0x0e, // H5O_MTIME_ID
  sharedMessageTable: 0x0f, // H5O_SHMESG_ID
  continuation: 0x10, // H5O_CONT_ID
  symbolTable: 0x11, // H5O_STAB_ID
  modificationTime: 0x12, // H5O_MTIME_NEW_ID
  btreeK: 0x13, // H5O_BTREEK_ID
  driverInfo: 0x14, // H5O_DRVINFO_ID
  attributeInfo: 0x15, // H5O_AINFO_ID
  referenceCount: 0x16, // H5O_REFCOUNT_ID
  fileSpaceInfo: 0x17, // H5O_FSINFO_ID
  cacheImage: 0x18, // H5O_MDCI_MSG_ID
} as const;

/** Is the type one of this table? The bogus type is only there to be unknown. */
export function isKnownMessage(type: number): boolean {
  return type <= MESSAGE.cacheImage && type !== MESSAGE.bogus;
}

/** Bits of a message's flags. Spec: IV.A.1. The C library's names stand beside. */
export const MESSAGE_FLAG = {
  constant: 0x01, // H5O_MSG_FLAG_CONSTANT
  shared: 0x02, // H5O_MSG_FLAG_SHARED
  doNotShare: 0x04, // H5O_MSG_FLAG_DONTSHARE
  failIfUnknownWhenWriting: 0x08, // H5O_MSG_FLAG_FAIL_IF_UNKNOWN_AND_OPEN_FOR_WRITE
  markIfUnknown: 0x10, // H5O_MSG_FLAG_MARK_IF_UNKNOWN
  wasUnknown: 0x20, // H5O_MSG_FLAG_WAS_UNKNOWN
  shareable: 0x40, // H5O_MSG_FLAG_SHAREABLE
  failIfUnknown: 0x80, // H5O_MSG_FLAG_FAIL_IF_UNKNOWN_ALWAYS
} as const;
