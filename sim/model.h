/* model.h -- a problem of one's own, read from a JSON file; gvm-model(5) is the format.
 *
 *   {"kind": "log-linear", "lambda": 0.01, "theta": [0, 0],
 *    "prompts": [{"features": [[1, 0], [0, 1]], "offset": [0, 0], "accept": [1, 0]}]}
 *   {"kind": "tabular", "prompts": [{"logits": [0, 1, 2], "accept": [0, 0, 1]}]}
 *
 * Every prompt has the same number of latents; `accept` holds probabilities, at least one
 * of them positive. lambda, theta, offset and a top-level "comment" may be left out.
 */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "ref/io/source.h"
#include "sim/family.h"

/* Numbers in the arrays of one model at most: m Y d and m Y. */
#define SIM_MODEL_CAP ((size_t)1 << 26)

/* Read a model; theta in the file is the problem's starting point.
 *
 *   returns   REF_OK; REF_EFORMAT with file:line:column or the JSON path of the first
 *             wrong value; REF_ESHAPE above SIM_MODEL_CAP; REF_EIO; REF_ENOMEM
 *   label     [spec:gvm 1.4]
 */
REF_MUST ref_status sim_model_read(sim_problem *p, ref_source *source, ref_why *why);

/* The same for a path; NULL or "-" is standard input. */
REF_MUST ref_status sim_model_load(sim_problem *p, const char *path, ref_why *why);

#endif
