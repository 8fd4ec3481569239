# Likelihood ratios of nested models by lme4, at its deviance's least point (least.R).
# Usage: Rscript likelihood_ratio.R CASES.json ANSWERS.json; a case has csv, smaller, larger, reml.
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "least.R"))
log_likelihood <- function(formula, data, reml) {
  if (!grepl("|", formula, fixed = TRUE)) return(logLik(lm(as.formula(formula), data), REML = reml))
  logLik(least_fit(formula, data, reml))
}
one <- function(case) {
  data <- read.csv(case$csv)
  smaller <- log_likelihood(case$smaller, data, case$reml); larger <- log_likelihood(case$larger, data, case$reml)
  statistic <- 2 * (as.numeric(larger) - as.numeric(smaller)); df <- attr(larger, "df") - attr(smaller, "df")
  list(statistic = statistic, parameters = df, plain = pchisq(statistic, df, lower.tail = FALSE))
}
arguments <- commandArgs(TRUE)
write_json(lapply(read_json(arguments[1]), one), arguments[2], digits = NA, auto_unbox = TRUE)
