# Two responses fitted together by nlme: a residual correlation within pupils, and a residual variance for each response.
# Usage: Rscript two_responses.R CASES.json ANSWERS.json; a case has csv (school, class, t, x, y, b), three_levels and method.
# Standard errors are from vcov: those that summary prints after maximum likelihood carry a factor sqrt(N / (N - p)).
suppressMessages({library(nlme); library(jsonlite)})
TIGHT <- lmeControl(maxIter = 500, msMaxIter = 2000, msMaxEval = 20000, niterEM = 50, tolerance = 1e-11, msTol = 1e-13,
                    opt = "nlminb")

long <- function(d) {
  d$id <- seq_len(nrow(d))
  y <- data.frame(d[c("id", "school", "class")], r = "y", v = d$y, ty = d$t, xy = d$x, xb = 0)
  b <- data.frame(d[c("id", "school", "class")], r = "b", v = d$b, ty = 0, xy = 0, xb = d$x)
  l <- subset(rbind(y, b), !is.na(v)); l <- l[order(l$school, l$class, l$id, l$r == "b"), ]
  l$r <- factor(l$r, levels = c("y", "b")); l$pos <- as.integer(l$r); l
}
one <- function(case) {
  l <- long(read.csv(case$csv)); groups <- if (case$three_levels) c("school", "class") else "school"
  random <- setNames(rep(list(~ 0 + r), length(groups)), groups)
  within <- as.formula(paste("~ pos |", paste(c(groups, "id"), collapse = "/")))
  m <- lme(v ~ 0 + r + ty + xy + xb, l, random, corSymm(form = within), varIdent(form = ~ 1 | r), method = case$method,
           control = TIGHT)
  order <- c("ry", "ty", "xy", "rb", "xb")
  ratio <- coef(m$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[c("y", "b")]
  sd <- m$sigma * ratio; correlation <- coef(m$modelStruct$corStruct, unconstrained = FALSE)[[1]]
  between <- lapply(m$modelStruct$reStruct, function(s) (as.matrix(s) * m$sigma^2)[c(1, 4, 2)])
  list(estimate = unname(fixef(m)[order]), std_error = unname(sqrt(diag(vcov(m)))[order]),
       deviance = -2 * as.numeric(logLik(m)),
       variances = unname(c(unlist(between[groups]), sd[1]^2, sd[2]^2, prod(sd) * correlation)))
}
arguments <- commandArgs(TRUE)
write_json(lapply(read_json(arguments[1]), one), arguments[2], digits = NA, auto_unbox = TRUE)
