// JavaScript values in and out, checked. Thread: JavaScript's.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace parley {

inline constexpr size_t kMaxArguments = 10;

// Arguments of one call. A wrong type makes `ok` false and yields an empty value.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    count_ = values_.size();
    if (napi_get_cb_info(env, info, &count_, values_.data(), nullptr, nullptr) != napi_ok) count_ = 0;
    count_ = std::min(count_, values_.size());
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] napi_value at(size_t i) {
    if (i < count_) return values_[i];
    ok_ = false;
    napi_value undefined = nullptr;
    napi_get_undefined(env_, &undefined);
    return undefined;
  }

  uint32_t u32(size_t i) {
    double value = 0;
    // NaN fails both comparisons.
    if (!check(napi_get_value_double(env_, at(i), &value)) || !(value >= 0) || !(value <= 4294967295.0)) {
      ok_ = false;
      return 0;
    }
    return static_cast<uint32_t>(value);
  }

  // Not negative, and exact as an integer.
  int64_t i64(size_t i) {
    double value = 0;
    if (!check(napi_get_value_double(env_, at(i), &value)) || !(value >= 0) || !(value <= 9007199254740991.0)) {
      ok_ = false;
      return 0;
    }
    return static_cast<int64_t>(value);
  }

  int32_t i32(size_t i) {
    double value = 0;
    if (!check(napi_get_value_double(env_, at(i), &value)) || !(value >= -2147483648.0) || !(value <= 2147483647.0)) {
      ok_ = false;
      return 0;
    }
    return static_cast<int32_t>(value);
  }

  bool boolean(size_t i) {
    bool value = false;
    check(napi_get_value_bool(env_, at(i), &value));
    return value;
  }

  std::string text(size_t i) { return text(at(i)); }

  std::string text(napi_value value) {
    size_t size = 0;
    if (!check(napi_get_value_string_utf8(env_, value, nullptr, 0, &size)) || size > 4096) {
      ok_ = false;
      return {};
    }
    std::string out(size + 1, '\0');
    check(napi_get_value_string_utf8(env_, value, out.data(), out.size(), &size));
    out.resize(size);
    return out;
  }

  std::vector<uint32_t> u32s(size_t i) {
    napi_typedarray_type type{};
    size_t length = 0;
    void* data = nullptr;
    if (!check(napi_get_typedarray_info(env_, at(i), &type, &length, &data, nullptr, nullptr)) ||
        type != napi_uint32_array) {
      ok_ = false;
      return {};
    }
    const auto* numbers = static_cast<const uint32_t*>(data);
    return length == 0 ? std::vector<uint32_t>() : std::vector<uint32_t>(numbers, numbers + length);
  }

  std::vector<uint8_t> bytes(napi_value value) {
    napi_typedarray_type type{};
    size_t length = 0;
    void* data = nullptr;
    if (!check(napi_get_typedarray_info(env_, value, &type, &length, &data, nullptr, nullptr)) ||
        type != napi_uint8_array) {
      ok_ = false;
      return {};
    }
    const auto* numbers = static_cast<const uint8_t*>(data);
    return length == 0 ? std::vector<uint8_t>() : std::vector<uint8_t>(numbers, numbers + length);
  }

  std::vector<napi_value> list(size_t i) {
    uint32_t length = 0;
    if (!check(napi_get_array_length(env_, at(i), &length)) || length > 4096) {
      ok_ = false;
      return {};
    }
    std::vector<napi_value> values(length);
    for (uint32_t k = 0; k < length; ++k) check(napi_get_element(env_, at(i), k, &values[k]));
    return values;
  }

 private:
  bool check(napi_status status) {
    if (status != napi_ok) ok_ = false;
    return status == napi_ok;
  }

  napi_env env_;
  std::array<napi_value, kMaxArguments> values_{};
  size_t count_ = 0;
  bool ok_ = true;
};

inline napi_value make_bool(napi_env env, bool value) {
  napi_value out = nullptr;
  napi_get_boolean(env, value, &out);
  return out;
}

inline napi_value make_number(napi_env env, double value) {
  napi_value out = nullptr;
  napi_create_double(env, value, &out);
  return out;
}

inline napi_value make_text(napi_env env, const std::string& value) {
  napi_value out = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &out);
  return out;
}

inline napi_value make_null(napi_env env) {
  napi_value out = nullptr;
  napi_get_null(env, &out);
  return out;
}

inline napi_value make_u32s(napi_env env, const uint32_t* numbers, size_t count) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value out = nullptr;
  if (napi_create_arraybuffer(env, count * sizeof(uint32_t), &data, &buffer) != napi_ok) return make_null(env);
  if (count != 0) std::memcpy(data, numbers, count * sizeof(uint32_t));
  napi_create_typedarray(env, napi_uint32_array, count, buffer, 0, &out);
  return out;
}

inline void set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

}  // namespace parley
