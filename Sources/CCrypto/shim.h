// OpenSSL's message digests for Swift. EVP_DigestInit_ex and its companions are all that is used, and all import as they
// are.
#ifndef DRIFTSCOPE_CCRYPTO_H
#define DRIFTSCOPE_CCRYPTO_H

#include <openssl/evp.h>

#endif
