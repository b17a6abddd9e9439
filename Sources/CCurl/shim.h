#ifndef SERIN_CCURL_SHIM_H
#define SERIN_CCURL_SHIM_H

/* Without this `curl_easy_setopt` is a type-checking macro: harmless, but noisy. */
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <pthread.h>

/* `curl_easy_setopt` is variadic, which Swift cannot call. One typed function per argument type,
   so that a string can never be passed where libcurl expects a number. */
static inline CURLcode serin_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode serin_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode serin_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode serin_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode serin_curl_set_blob(CURL *handle, CURLoption option, const void *bytes,
                                           size_t count) {
  struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
  return curl_easy_setopt(handle, option, &blob);
}
static inline CURLcode serin_curl_set_list(CURL *handle, CURLoption option,
                                           struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}
typedef size_t (*serin_curl_callback)(char *, size_t, size_t, void *);
static inline CURLcode serin_curl_set_callback(CURL *handle, CURLoption option,
                                               serin_curl_callback value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode serin_curl_set_socket_callback(CURL *handle,
                                                      curl_opensocket_callback value) {
  return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline CURLcode serin_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode serin_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode serin_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode serin_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
/* CURLMsg.data is an anonymous union: its member is handed over by value. */
static inline CURLcode serin_curl_message_result(const CURLMsg *message) {
  return message->data.result;
}

/* Names the calling thread. glibc declares the function to GNU sources only, which Swift's are not;
   and Foundation's Thread.name is lost when the thread is faster than the one that starts it. */
extern int pthread_setname_np(pthread_t thread, const char *name);
static inline void serin_curl_name_thread(const char *name) {
  pthread_setname_np(pthread_self(), name);
}

#endif
