// Statistics: a reading is made, told of when nobody waits for it, and copied into an array that JavaScript uses again.
#include "addon/calls.h"
#include "addon/handle.h"
#include "addon/values.h"
#include "engine/stats_table.h"

namespace parley {
namespace {

napi_value make_names(napi_env env, const std::vector<std::string_view>& names) {
  napi_value out = nullptr;
  napi_create_array_with_length(env, names.size(), &out);
  for (size_t i = 0; i < names.size(); ++i) {
    napi_set_element(env, out, static_cast<uint32_t>(i), make_text(env, std::string(names[i])));
  }
  return out;
}

}  // namespace

// statsLayout() → names of the columns of each part, and sizes of histograms; see engine/stats_table.h
napi_value stats_layout(napi_env env, napi_callback_info) {
  const StatsLayout layout = stats_layout();
  napi_value histograms = nullptr;
  napi_create_object(env, &histograms);
  for (const StatsLayout::Part& part : layout.histograms) {
    set(env, histograms, std::string(part.name).c_str(), make_number(env, static_cast<double>(part.size)));
  }
  napi_value out = nullptr;
  napi_create_object(env, &out);
  set(env, out, "totals", make_names(env, layout.totals));
  set(env, out, "drops", make_names(env, layout.drops));
  set(env, out, "histograms", histograms);
  set(env, out, "threads", make_names(env, layout.threads));
  set(env, out, "transports", make_names(env, layout.transports));
  set(env, out, "layers", make_names(env, layout.layers));
  return out;
}

// requestSample(handle): the event [9] tells when it can be read.
napi_value request_sample(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  return make_bool(env, handle && handle->engine && handle->engine->request_sample());
}

// waitForSample(handle): at most a second for each thread; false when one did not answer.
napi_value wait_for_sample(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  if (!handle || !handle->engine) return make_bool(env, false);
  handle->sample.clear();
  return make_bool(env, handle->engine->snapshot(handle->sample));
}

// readSample(handle, Float64Array) → how many numbers the table has; nothing is written into an array that is too small.
napi_value read_sample(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const HandleRef handle = handle_of(env, arguments);
  napi_typedarray_type type{};
  size_t length = 0;
  void* data = nullptr;
  if (!handle || napi_get_typedarray_info(env, arguments.at(1), &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_float64_array) {
    return make_number(env, 0);
  }
  const size_t size = stats_table_size(handle->sample);
  if (size <= length) write_stats_table(handle->sample, static_cast<double*>(data));
  return make_number(env, static_cast<double>(size));
}

}  // namespace parley
